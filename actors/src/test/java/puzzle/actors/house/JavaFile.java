package puzzle.actors.house;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the rules of the house look at of one Java file.
 *
 * @param module folder of the Maven module
 * @param home its package
 * @param name of the class, without the package
 * @param imports classes it imports, with their packages
 * @param inline classes that its code names with their packages, without importing them
 */
record JavaFile(
    String module, String home, String name, Set<String> imports, Set<String> inline, int lines) {

  static final List<String> MODULES =
      List.of("protocol", "persistence", "cluster-config", "engine", "actors");

  private static final Pattern PACKAGE = Pattern.compile("(?m)^package ([\\w.]+);");

  private static final Pattern IMPORT =
      Pattern.compile("(?m)^import (?:static )?((?:[a-z_]\\w*\\.)+[A-Z]\\w*)");

  /** Text blocks, strings, characters and comments: names in them are no code. */
  private static final Pattern NO_CODE =
      Pattern.compile(
          "\"\"\"[\\s\\S]*?\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\\\n])'"
              + "|//[^\\n]*|/\\*[\\s\\S]*?\\*/");

  private static final Pattern SPELT_OUT =
      Pattern.compile(
          "(?<![\\w.])((?:java|javax|org|com|io|ai|blue|puzzle|picocli|scala)"
              + "(?:\\.[a-z_]\\w*)*\\.[A-Z]\\w*)");

  /**
   * The sources of all modules.
   *
   * @param kind {@code main} or {@code test}
   */
  static List<JavaFile> all(Path project, String kind) throws IOException {
    List<JavaFile> all = new ArrayList<>();
    for (String module : MODULES) {
      Path sources = project.resolve(module).resolve("src/" + kind + "/java");
      try (Stream<Path> files = Files.walk(sources)) {
        for (Path file : files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
          all.add(read(module, file.getFileName().toString(), Files.readString(file)));
        }
      }
    }
    return all;
  }

  static JavaFile read(String module, String fileName, String text) {
    String code = NO_CODE.matcher(text).replaceAll(" ");
    String body = code.replaceAll("(?m)^(?:import|package) .*$", "");
    Matcher home = PACKAGE.matcher(code);
    if (!home.find()) {
      throw new IllegalArgumentException(module + "/" + fileName + " has no package");
    }
    return new JavaFile(
        module,
        home.group(1),
        fileName.replace(".java", ""),
        found(IMPORT, code),
        found(SPELT_OUT, body),
        (int) text.lines().count());
  }

  private static Set<String> found(Pattern pattern, String text) {
    Set<String> found = new LinkedHashSet<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }

  /** Every class of another package that it names. */
  Set<String> sees() {
    Set<String> sees = new LinkedHashSet<>(imports);
    sees.addAll(inline);
    return sees;
  }

  /** With its package. */
  String fullName() {
    return home + "." + name;
  }

  /** {@code puzzle.model} from {@code puzzle.model.Task}. */
  static String packageOf(String fullName) {
    return fullName.substring(0, fullName.lastIndexOf('.'));
  }
}
