package puzzle.engine.ablation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AblationReportTest {

  private static AblationStudy.Result result() {
    List<Measurement> rows = new ArrayList<>();
    double value = 0.05;
    for (Table table : Table.values()) {
      boolean healed = List.of(Table.GKD, Table.LOSSES, Table.LIBRARY).contains(table);
      for (double limit : healed ? List.of(2.0) : List.of(1.5, 2.0, 3.0)) {
        for (String cell : table.cells()) {
          for (long seed = 1; seed <= 3; seed++) {
            value += 0.01;
            rows.add(new Measurement(table, cell, limit, seed, "kl", value));
            rows.add(new Measurement(table, cell, limit, seed, "loss", 1 + value));
          }
        }
      }
    }
    return new AblationStudy.Result(rows, "measured & <counted>", 12);
  }

  @Test
  void csvHasOneRowPerCellLimitSeedAndMetric(@TempDir Path folder) throws IOException {
    new AblationReport("x", StudySize.FULL, result(), "./puzzle ablate x.yaml").write(folder);
    List<String> lines = Files.readAllLines(folder.resolve(AblationReport.CSV));
    assertEquals("table,cell,limit,seed,metric,value", lines.get(0));
    assertEquals(result().measurements().size(), lines.size() - 1);
    assertTrue(lines.contains("optimiser,solver,1.5,1,kl," + (0.05 + 0.01)));
    assertTrue(
        lines.stream().anyMatch(l -> l.startsWith("coupling,\"decoupled, reduced space\",2.0,3,")));
  }

  @Test
  void pageNeedsNothingElseAndShowsEveryCell() throws Exception {
    String html =
        new StudyPage(new AblationReport("x<y", StudySize.FULL, result(), "./puzzle ablate"))
            .html();
    assertFalse(html.matches("(?s).*(https?:|<script|<link|@import|url\\().*"), "loads something");
    assertTrue(html.contains("prefers-color-scheme:dark"));
    assertTrue(html.contains("x&lt;y") && html.contains("measured &amp; &lt;counted&gt;"));
    for (Table table : Table.values()) {
      for (String cell : table.cells()) {
        assertTrue(html.contains("<td>" + cell + "</td>"), cell);
        assertTrue(html.contains(table.paper(cell)), cell);
      }
    }
    for (ExpectedOrder.Outcome o : result().orders()) {
      assertTrue(html.contains("%+.4f".formatted(o.difference().mean())), o.toString());
    }
    Matcher svg = Pattern.compile("(?s)<svg.*?</svg>").matcher(html);
    int plots = 0;
    while (svg.find()) {
      plots++;
      // Well-formed, or a browser shows half of it.
      DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .parse(new ByteArrayInputStream(svg.group().getBytes(StandardCharsets.UTF_8)));
    }
    assertEquals(Table.values().length, plots);
  }

  @Test
  void textHasALinePerOrder() {
    List<ExpectedOrder.Outcome> orders = result().orders();
    String text = AblationReport.text(orders);
    assertEquals(orders.size() + 1, text.lines().count());
    assertTrue(text.contains("solver < greedy") && text.contains("KL <= LM loss"));
  }
}
