package puzzle.engine.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.jinja.TemplateException;
import puzzle.engine.testing.PythonScript;
import puzzle.model.InvalidInputException;

/**
 * Chat templates with the constructs of those of Llama 3, Qwen 2 and 3, Mistral and Nemotron.
 * {@code -Dchat.templates=FOLDER} has a folder of others compared with transformers.
 */
class ChatTemplateTest {

  private static final List<String> TEMPLATES =
      List.of("headers", "thinking", "alternating", "reasoning", "plain");
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.USE_LONG_FOR_INTS);

  @TempDir Path folder;

  @Test
  void givesWhatTransformersGives() throws Exception {
    PythonScript.assumeInstalled("transformers, jinja2");
    Path templates = folder.resolve("templates");
    Files.createDirectories(templates);
    for (String name : TEMPLATES) {
      Files.write(templates.resolve(name + ".jinja"), resource("templates/" + name + ".jinja"));
    }
    compare(templates);
    String others = System.getProperty("chat.templates");
    if (others != null) {
      compare(Path.of(others));
    }
  }

  private void compare(Path templates) throws Exception {
    Path script = folder.resolve("chat.py");
    Path conversations = folder.resolve("conversations.json");
    Files.write(script, resource("chat.py"));
    Files.write(conversations, resource("conversations.json"));
    Path out = folder.resolve("said.json");
    System.out.print(
        PythonScript.run(script, templates.toString(), conversations.toString(), out.toString()));
    Map<String, String> expected =
        JSON.readValue(Files.readAllBytes(out), new TypeReference<Map<String, String>>() {});
    Map<String, String> said = new LinkedHashMap<>();
    for (String key : expected.keySet()) {
      String[] parts = key.split(" ");
      int index = Integer.parseInt(parts[1]);
      said.put(key, applied(Files.readString(templates.resolve(parts[0])), index));
    }
    assertFalse(expected.isEmpty());
    for (String key : expected.keySet()) {
      assertEquals(expected.get(key), said.get(key), key);
    }
    long taken = expected.values().stream().filter(text -> !text.equals("refused")).count();
    System.out.printf("%d of %d texts equal, the others refused by both%n", taken, said.size());
  }

  private String applied(String template, int conversation) throws IOException {
    try {
      return open(template).text(conversations().get(conversation));
    } catch (TemplateException e) {
      return "refused";
    }
  }

  @Test
  void fillsInATurnTemplate() throws IOException {
    assertEquals(
        "<s><|start_header_id|>system<|end_header_id|>\n\nDate: 26 Jul 2024\n\nBe brief.<|eot_id|>"
            + "<|start_header_id|>user<|end_header_id|>\n\nHi!<|eot_id|>",
        open(new String(resource("templates/headers.jinja"), "UTF-8"))
            .text(conversations().get(1).subList(0, 2)));
  }

  @Test
  void takesTheTemplateOfEachPlace() throws IOException {
    write(
        "tokenizer_config.json",
        "{\"bos_token\":{\"content\":\"<b>\"},\"chat_template\":[{\"name\":\"rag\",\"template\":\"no\"},"
            + "{\"name\":\"default\",\"template\":\"{{ bos_token }}{{ messages[0].content }}\\n\\n\"}]}");
    List<Object> hi = List.of(Map.of("role", "user", "content", "hi"));
    assertEquals("<b>hi\n", ChatTemplate.open(folder).text(hi));
    write("chat_template.jinja", "own {{ eos_token }}{{ messages | length }}");
    assertEquals("own 1", ChatTemplate.open(folder).text(hi));
    write("chat_template.jinja", "{% if %}");
    assertTrue(
        refusal().contains("chat_template.jinja: the chat template is not understood: line 1"));
    write("chat_template.jinja", "a\n{{ x | frob }}");
    assertTrue(refusal().contains("line 2: the filter frob is not supported"));
    write("chat_template.jinja", "a\n{% import 'x' as y %}");
    assertTrue(refusal().contains("line 2: {% import %} is not supported"));
    Files.delete(folder.resolve("chat_template.jinja"));
    write("tokenizer_config.json", "{}");
    assertTrue(refusal().contains("has no chat template, which messages need"));
  }

  @Test
  void aTemplateCannotRunForEverOrFillTheMemory() throws IOException {
    List<Object> none = List.of();
    for (String bad :
        List.of(
            "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
            "{% set ns = namespace(x='aaaaaaaaaaaaaaaa') %}{% for i in range(100) %}"
                + "{% set ns.x = ns.x + ns.x %}{% endfor %}",
            "{{ 'a' * 10000000000 }}",
            "{% for i in range(100000000000) %}{% endfor %}",
            "{{ messages.x.y }}",
            "{{ raise_exception('so') }}")) {
      ChatTemplate template = open(bad);
      assertThrows(TemplateException.class, () -> template.text(none), bad);
    }
  }

  private ChatTemplate open(String template) throws IOException {
    write("tokenizer_config.json", "{\"bos_token\":\"<s>\",\"eos_token\":\"</s>\"}");
    write("chat_template.jinja", template);
    return ChatTemplate.open(folder);
  }

  private String refusal() {
    String message =
        assertThrows(InvalidInputException.class, () -> ChatTemplate.open(folder)).getMessage();
    assertEquals(2, message.lines().count(), message);
    return message;
  }

  private static List<List<Object>> conversations() throws IOException {
    return JSON.readValue(
        resource("conversations.json"), new TypeReference<List<List<Object>>>() {});
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = ChatTemplateTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }
}
