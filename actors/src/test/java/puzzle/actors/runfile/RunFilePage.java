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
    printed.page.append(
        """
        ## Defaults by size

        What trains a toy of a few million parameters in a minute ruins a real model, so some defaults depend on the
        parent's parameters. `validate` says which of them a run has taken. Values for toys that are given for a real
        parent are named in a warning; real values for a toy are not.

        | keys | from 100 M, from 1 B | where they come from |
        |---|---|---|
        | `corpus.sequenceTokens` | 1024, 4096 | NVIDIA's published configs calibrate and score on 4096 tokens (ModelOpt, `examples/puzzletron/configs/clean/base.yaml`, `pruning.block_size`); 1024 for parents of few positions |
        | `bld.learningRate`, `bld.weightDecay`, `bld.clipNorm` | 1e-4, 0.1, 1 | the same file, `bypass.training`; so are AdamW's 0.9 and 0.95 |
        | `bld.sequences`, `bld.batch`, `bld.steps` | 512, 16, 500 | chosen here: 33 M tokens a variant of 4096-token sequences, sixteen times through the tape. The paper (arXiv 2411.19146) trains on about 1 B and is near its best at 0.5 B; NVIDIA's `bypass_2b.yaml` on 2 Gi. Raise sequences and steps together as far as `plan` allows |
        | `scoring.sequences` | 64 | chosen here: 262 k tokens of 4096-token sequences |
        | `gkd.batch`, `gkd.learningRate`, `gkd.weightDecay` | 32, 128; 1e-5; 0 | `examples/puzzletron/automodel_distillation/kd.yaml` (`global_batch_size`, `lr`, `weight_decay`); 32 chosen here |
        | `gkd.steps` | 200 | chosen here, for a first look; the paper heals a child of 51 B with 45 B tokens |
        | `bld.microBatch`, `gkd.microBatch`, `scoring.batch` | 4, 1 | chosen here, for memory: 4096 tokens a pass |
        """);
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
