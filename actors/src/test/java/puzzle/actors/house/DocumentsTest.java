package puzzle.actors.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the documents refer to is there: files, headings, classes. */
class DocumentsTest {

  private static final Path PROJECT = Path.of("..");

  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:\\s]*)(#[^)\\s]*)?\\)");

  private static final Pattern CLASS =
      Pattern.compile("`(puzzle(?:\\.[a-z]\\w*)+\\.[A-Z]\\w*)(?:\\.\\w+)*`");

  private static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>();
    try (Stream<Path> docs = Files.walk(PROJECT.resolve("docs"));
        Stream<Path> top = Files.list(PROJECT)) {
      Stream.concat(docs, top).filter(f -> f.toString().endsWith(".md")).forEach(pages::add);
    }
    return pages;
  }

  @Test
  void everyLinkLeadsToAFileAndAHeading() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path page : pages()) {
      Matcher link = LINK.matcher(Files.readString(page));
      while (link.find()) {
        Path file = link.group(1).isEmpty() ? page : page.resolveSibling(link.group(1));
        if (!Files.exists(file)
            || link.group(2) != null && !headings(file).contains(link.group(2))) {
          broken.add(page + ": " + link.group());
        }
      }
    }
    assertEquals(List.of(), broken);
  }

  @Test
  void everyClassThatIsNamedWithItsPackageExists() throws IOException {
    List<String> unknown = new ArrayList<>();
    int named = 0;
    for (Path page : pages()) {
      Matcher name = CLASS.matcher(Files.readString(page));
      while (name.find()) {
        named++;
        if (!exists(name.group(1))) {
          unknown.add(page + ": " + name.group(1));
        }
      }
    }
    assertEquals(List.of(), unknown);
    assertTrue(named > 30, named + " classes");
  }

  private static boolean exists(String fullName) {
    String path = fullName.replace('.', '/') + ".java";
    return JavaFile.MODULES.stream()
        .flatMap(module -> Stream.of("main", "test").map(s -> module + "/src/" + s + "/java/"))
        .anyMatch(folder -> Files.exists(PROJECT.resolve(folder + path)));
  }

  @Test
  void everyDecisionHasANumberOfItsOwnAndAStatus() throws IOException {
    List<String> wrong = new ArrayList<>();
    Set<String> numbers = new HashSet<>();
    try (Stream<Path> decisions = Files.list(PROJECT.resolve("docs/decisions"))) {
      for (Path decision : decisions.sorted().toList()) {
        String name = decision.getFileName().toString();
        String text = Files.readString(decision);
        boolean status = text.contains("**Status.** ") || text.contains("## Status\n");
        if (!status || !numbers.add(name.substring(0, 4))) {
          wrong.add(name);
        }
      }
    }
    assertEquals(List.of(), wrong);
  }

  /** Anchors of a page's headings, as GitHub makes them. */
  private static Set<String> headings(Path page) throws IOException {
    return Files.readString(page)
        .lines()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT))
        .map(text -> "#" + text.replaceAll("[^a-z0-9 _-]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }
}
