package puzzle.engine.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import puzzle.engine.jinja.Template;
import puzzle.engine.jinja.TemplateException;
import puzzle.engine.json.JsonValue;
import puzzle.model.InvalidInputException;

/**
 * The chat template of a model's folder: {@code chat_template.jinja}, or {@code chat_template} of
 * {@code tokenizer_config.json}, a text or a list of named ones, of which {@code default} is taken.
 * What it gives is what {@code apply_chat_template(messages, tokenize=False)} of transformers
 * gives, but for the date: {@link Template} has one for all days.
 */
public final class ChatTemplate implements RecordField.Conversations {

  private static final long MAX_BYTES = 4 << 20;
  private static final String CONFIG = "tokenizer_config.json";
  private static final List<String> SPECIAL_TOKENS =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  private final String place;
  private final Template template;
  private final Map<String, Object> given = new LinkedHashMap<>();

  private ChatTemplate(String place, String template, JsonValue config) {
    this.place = place;
    try {
      this.template = Template.parse(template);
    } catch (TemplateException e) {
      throw new InvalidInputException(
          "%s: the chat template is not understood: %s.\nMaybe mend it, or give documents as text."
              .formatted(place, InvalidInputException.shown(e.getMessage())));
    }
    given.put("tools", null);
    given.put("documents", null);
    given.put("add_generation_prompt", false);
    if (config != null) {
      for (String name : SPECIAL_TOKENS) {
        if (config.has(name)) {
          given.put(name, SpecialTokens.text(config.at(name)));
        }
      }
    }
  }

  /**
   * @throws InvalidInputException if the folder has none, or it is not understood
   */
  public static ChatTemplate open(Path folder) {
    Path own = folder.resolve("chat_template.jinja");
    Path config = folder.resolve(CONFIG);
    JsonValue fields = Files.exists(config) ? JsonValue.read(config) : null;
    if (Files.exists(own)) {
      return new ChatTemplate(own.toString(), content(own), fields);
    }
    if (fields == null || !fields.has("chat_template")) {
      throw new InvalidInputException(
          "%s: has no chat template, which messages need.\nMaybe take it from the model that was trained on conversations, as chat_template.jinja, or give documents as text."
              .formatted(folder));
    }
    return new ChatTemplate(config + ": /chat_template", chosen(fields), fields);
  }

  private static String chosen(JsonValue fields) {
    if (!fields.at("chat_template").isList()) {
      return fields.text("chat_template");
    }
    List<JsonValue> all = fields.objects("chat_template");
    for (JsonValue one : all) {
      if (all.size() == 1 || one.text("name").equals("default")) {
        return one.text("template");
      }
    }
    throw fields.bad("chat_template", "has none that is named default", "name one of them default");
  }

  private static String content(Path file) {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new InvalidInputException(
            file + ": more than 4 MiB are no template.\nMaybe it is another file.");
      }
      return Files.readString(file);
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": cannot be read as UTF-8: " + e.getMessage() + ".\nMaybe it is another file.");
    }
  }

  /** Where it stands. */
  public String place() {
    return place;
  }

  @Override
  public String text(List<Object> messages) {
    Map<String, Object> values = new LinkedHashMap<>(given);
    values.put("messages", messages);
    return template.render(values);
  }
}
