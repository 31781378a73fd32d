package puzzle.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Bodies that are a good one with something done to it. */
final class BodyFuzzer {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Values that are seldom what is meant. */
  private static final List<String> HOSTILE =
      List.of(
          "null",
          "true",
          "-1",
          "0",
          "1e999",
          "-1e308",
          "0.5",
          "NaN",
          "9".repeat(100),
          "99999999999999999999",
          "\"\"",
          "\"\\u0000\"",
          "\"../../etc/passwd\"",
          "\"" + "x".repeat(70_000) + "\"",
          "[]",
          "{}",
          "[1]",
          "{\"@type\":\"java.lang.Runtime\"}",
          "{\"a\":{\"b\":{\"c\":[]}}}");

  private BodyFuzzer() {}

  static byte[] mutated(JsonNode good, SplittableRandom random) {
    String text = good.toString();
    switch (random.nextInt(9)) {
      case 0:
        return bytes(text.substring(0, random.nextInt(text.length())));
      case 1:
        return bytes("[".repeat(1 + random.nextInt(2000)) + text);
      case 2:
        return bytes(text + (random.nextBoolean() ? "}" : "{}"));
      case 3:
        byte[] noise = new byte[1 + random.nextInt(200)];
        random.nextBytes(noise);
        noise[0] = (byte) 0xff;
        return noise;
      case 4:
        return bytes(HOSTILE.get(random.nextInt(HOSTILE.size())));
      case 5:
        return bytes("{\"" + "k".repeat(1 + random.nextInt(500)) + "\":1," + text.substring(1));
      case 6:
        byte[] flipped = bytes(text);
        flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
        return flipped;
      default:
        return bytes(changed(good, random));
    }
  }

  /** One value is replaced, one field is left out, or one stands twice. */
  private static String changed(JsonNode good, SplittableRandom random) {
    JsonNode copy = good.deepCopy();
    List<Runnable> changes = new ArrayList<>();
    collect(copy, changes, random);
    if (changes.isEmpty()) {
      return "{\"limits\":1}";
    }
    changes.get(random.nextInt(changes.size())).run();
    String text = copy.toString();
    // Marks stand for what no tree can hold.
    for (String value : HOSTILE) {
      text = text.replace("\"<" + HOSTILE.indexOf(value) + ">\"", value);
    }
    return text;
  }

  private static void collect(JsonNode node, List<Runnable> changes, SplittableRandom random) {
    String mark = "<" + random.nextInt(HOSTILE.size()) + ">";
    if (node instanceof ObjectNode object) {
      object
          .fieldNames()
          .forEachRemaining(
              name -> {
                changes.add(() -> object.put(name, mark));
                changes.add(() -> object.remove(name));
                changes.add(() -> object.set(name + name, JSON.nullNode()));
                collect(object.get(name), changes, random);
              });
    } else if (node instanceof ArrayNode array) {
      changes.add(() -> array.add(mark));
      for (int i = 0; i < array.size(); i++) {
        int at = i;
        changes.add(() -> array.set(at, JSON.getNodeFactory().textNode(mark)));
        changes.add(() -> array.add(array.get(at)));
        collect(array.get(i), changes, random);
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
