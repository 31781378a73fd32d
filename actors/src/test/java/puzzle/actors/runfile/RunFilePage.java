package puzzle.actors.runfile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The reference page of run files, printed from the declarations of their keys. */
final class RunFilePage {

  private static final Path EXAMPLE = Path.of("../examples/tiny/puzzle.yaml");

  private final StringBuilder page = new StringBuilder();

  private RunFilePage() {}

  static String print() throws IOException {
    RunFilePage printed = new RunFilePage();
    printed.page.append(
        """
        # The run file

        All of a run that can be chosen, in YAML. `examples/tiny/puzzle.yaml`:

        ```yaml
        %s```

        `./puzzle validate FILE` shows a run file with every default filled in, or what is wrong with it and where;
        `./puzzle validate --schema` prints its JSON Schema, from which editors complete and underline. Unknown and repeated
        keys, aliases and tags are refused, and so are files of more than 1 MiB. A run is bound to the file it began
        with by the SHA-256 of that file with every default filled in, the store's place left out.

        This page and the schema are printed from the sections in `puzzle.actors.runfile`;
        `-Dtest=RunFileSchemaTest -Drunfile.write=true` prints them anew.

        """
            .formatted(Files.readString(EXAMPLE)));
    printed.section("", RunFile.described());
    return printed.page.toString().stripTrailing() + "\n";
  }

  private void section(String path, Section<?, ?> section) {
    page.append("## ").append(path.isEmpty() ? "Top level" : "`" + path + "`").append("\n\n");
    page.append(section.meaning()).append("\n\n");
    page.append("| key | meaning | unit | default | may be |\n|---|---|---|---|---|\n");
    section.keys().forEach(this::row);
    page.append('\n');
    for (Section<?, ?>.Key<?> key : section.keys()) {
      if (key.value instanceof Section<?, ?> below) {
        section(path.isEmpty() ? key.name : path + "." + key.name, below);
      }
    }
  }

  private void row(Section<?, ?>.Key<?> key) {
    boolean below = key.value instanceof Section<?, ?> && key.otherwise().isEmpty();
    String otherwise = key.required() ? "**required**" : below ? "see below" : key.otherwise();
    page.append("| `").append(key.name).append("` | ");
    page.append(cell(key.meaning())).append(" | ").append(key.unit()).append(" | ");
    page.append(otherwise).append(" | ").append(cell(key.value.form())).append(" |\n");
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }
}
