package puzzle.actors.kafka;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.victools.jsonschema.generator.CustomDefinition;
import com.github.victools.jsonschema.generator.Option;
import com.github.victools.jsonschema.generator.OptionPreset;
import com.github.victools.jsonschema.generator.SchemaBuilder;
import com.github.victools.jsonschema.generator.SchemaGenerator;
import com.github.victools.jsonschema.generator.SchemaGeneratorConfigBuilder;
import com.github.victools.jsonschema.generator.SchemaVersion;
import com.github.victools.jsonschema.module.jackson.JacksonModule;
import com.github.victools.jsonschema.module.jackson.JacksonOption;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import puzzle.actors.feed.FactJson;
import puzzle.actors.feed.JournalFact;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.RunId;
import puzzle.model.Variant;
import puzzle.persistence.GkdEvent;
import puzzle.persistence.LayerEvent;
import puzzle.persistence.RunEvent;

/**
 * The AsyncAPI document as the events' own classes would have it: what is shipped must say the
 * same.
 */
final class AsyncApiDocument {

  private static final ObjectMapper JSON = FactJson.MAPPER;

  private AsyncApiDocument() {}

  /** Every kind of event there is in the journal. */
  static List<Class<?>> events() {
    Set<Class<?>> found = new LinkedHashSet<>();
    for (Class<?> root : List.of(RunEvent.class, LayerEvent.class, GkdEvent.class)) {
      collect(root, found);
    }
    return new ArrayList<>(found);
  }

  private static void collect(Class<?> type, Set<Class<?>> found) {
    if (type.isRecord()) {
      found.add(type);
    } else {
      for (Class<?> permitted : type.getPermittedSubclasses()) {
        collect(permitted, found);
      }
    }
  }

  /** The whole document. */
  static ObjectNode generate() {
    SchemaGenerator generator = generator();
    SchemaBuilder schemas = generator.buildMultipleSchemaDefinitions();
    ObjectNode messages = JSON.createObjectNode();
    ObjectNode channel = JSON.createObjectNode();
    for (Class<?> event : events()) {
      String name = name(event);
      ObjectNode message = messages.putObject(name);
      message.put("name", JournalFact.TYPE_PREFIX + name);
      message.put("contentType", "application/cloudevents+json");
      ArrayNode all = message.putObject("payload").putArray("allOf");
      all.addObject().put("$ref", "#/components/schemas/cloudevent");
      ObjectNode properties = all.addObject().put("type", "object").putObject("properties");
      properties.putObject("type").put("const", JournalFact.TYPE_PREFIX + name);
      properties.set("data", schemas.createSchemaReference(event));
      channel.putObject(name).put("$ref", "#/components/messages/" + name);
    }
    ObjectNode document = JSON.createObjectNode();
    document.put("asyncapi", "3.0.0");
    document
        .putObject("info")
        .put("title", "Puzzle4J")
        .put("version", "1")
        .put(
            "description",
            "Every event of every run as a CloudEvent 1.0 in structured mode, at least once, in"
                + " each entity's order; the record's key is the run's id. A repetition has the"
                + " same id.");
    ObjectNode facts = document.putObject("channels").putObject("facts");
    facts.put("address", "puzzle-facts");
    facts.set("messages", channel);
    ObjectNode publish = document.putObject("operations").putObject("publishFacts");
    publish.put("action", "send").putObject("channel").put("$ref", "#/channels/facts");
    ObjectNode components = document.putObject("components");
    components.set("messages", messages);
    ObjectNode all = components.putObject("schemas");
    all.set("cloudevent", envelope());
    all.setAll(schemas.collectDefinitions("components/schemas"));
    commands(document, messages, all);
    return document;
  }

  /** What comes in: the bodies are those of HTTP, so their schemas are the OpenAPI document's. */
  private static void commands(ObjectNode document, ObjectNode messages, ObjectNode schemas) {
    JsonNode http = openApi().at("/components/schemas");
    Map<String, String> bodies = new LinkedHashMap<>();
    bodies.put("submit", "Submission");
    bodies.put("pause", "Nothing");
    bodies.put("resume", "Nothing");
    bodies.put("retry", "Nothing");
    bodies.put("cancel", "CancelOrder");
    bodies.put("retarget", "Limits");
    bodies.put("measurements", "Measurements");
    ObjectNode channel = document.withObject("/channels").putObject("commands");
    channel.put("address", "puzzle-commands");
    ObjectNode accepted = channel.putObject("messages");
    bodies.forEach(
        (command, schema) -> {
          String name = "command." + command;
          ObjectNode message = messages.putObject(name);
          message.put("name", JournalFact.TYPE_PREFIX + name);
          message.put("contentType", "application/cloudevents+json");
          ArrayNode parts = message.putObject("payload").putArray("allOf");
          parts.addObject().put("$ref", "#/components/schemas/command");
          ObjectNode properties = parts.addObject().put("type", "object").putObject("properties");
          properties.putObject("type").put("const", JournalFact.TYPE_PREFIX + name);
          properties.putObject("data").put("$ref", "#/components/schemas/" + schema);
          accepted.putObject(name).put("$ref", "#/components/messages/" + name);
          take(schema, http, schemas);
        });
    ObjectNode envelope = JSON.createObjectNode().put("type", "object");
    ObjectNode p = envelope.putObject("properties");
    p.putObject("specversion").put("const", "1.0");
    p.putObject("id").put("type", "string");
    p.putObject("source").put("type", "string");
    p.putObject("run").put("type", "string").put("description", "Which run; not for submit.");
    p.putObject("datacontenttype").put("const", "application/json");
    ArrayNode required = envelope.putArray("required");
    List.of("specversion", "id", "source", "type").forEach(required::add);
    schemas.set("command", envelope);
    ObjectNode dead = document.withObject("/channels").putObject("deadLetters");
    dead.put("address", "puzzle-dead-letters");
    dead.put(
        "description",
        "Records of puzzle-commands that had no effect, as they came, with the headers reason and"
            + " origin (topic/partition/offset).");
    for (String[] operation :
        new String[][] {
          {"obeyCommands", "receive", "commands"}, {"buryCommands", "send", "deadLetters"}
        }) {
      document
          .withObject("/operations")
          .putObject(operation[0])
          .put("action", operation[1])
          .putObject("channel")
          .put("$ref", "#/channels/" + operation[2]);
    }
  }

  /** A schema and those it refers to. */
  private static void take(String name, JsonNode from, ObjectNode to) {
    if (!to.has(name)) {
      to.set(name, from.path(name));
      for (JsonNode ref : from.path(name).findValues("$ref")) {
        take(ref.asText().substring(ref.asText().lastIndexOf('/') + 1), from, to);
      }
    }
  }

  private static JsonNode openApi() {
    try (InputStream in = AsyncApiDocument.class.getResourceAsStream("/puzzle/openapi.json")) {
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ObjectNode envelope() {
    ObjectNode envelope = JSON.createObjectNode().put("type", "object");
    ObjectNode p = envelope.putObject("properties");
    p.putObject("specversion").put("const", "1.0");
    p.putObject("id")
        .put("type", "string")
        .put("description", "Persistence id and sequence number, unique.");
    p.putObject("source").put("type", "string").put("description", "/runs/ID");
    p.putObject("type").put("type", "string");
    p.putObject("subject")
        .put("type", "string")
        .put("description", "The task's key, or the layer.");
    p.putObject("time").put("type", "string").put("format", "date-time");
    p.putObject("datacontenttype").put("const", "application/json");
    p.putObject("run").put("type", "string");
    p.putObject("layer").put("type", "integer");
    p.putObject("data").put("type", "object");
    ArrayNode required = envelope.putArray("required");
    List.of("specversion", "id", "source", "type", "time", "run", "data").forEach(required::add);
    return envelope;
  }

  private static SchemaGenerator generator() {
    SchemaGeneratorConfigBuilder config =
        new SchemaGeneratorConfigBuilder(JSON, SchemaVersion.DRAFT_2020_12, OptionPreset.PLAIN_JSON)
            .with(
                new JacksonModule(
                    JacksonOption.ALWAYS_REF_SUBTYPES,
                    JacksonOption.FLATTENED_ENUMS_FROM_JSONPROPERTY))
            .with(Option.NULLABLE_FIELDS_BY_DEFAULT, Option.DEFINITIONS_FOR_ALL_OBJECTS)
            .without(Option.SCHEMA_VERSION_INDICATOR);
    Set<Class<?>> texts =
        Set.of(RunId.class, Variant.class, Block.class, Instant.class, java.time.Duration.class);
    config
        .forFields()
        .withPropertyNameOverrideResolver(
            field ->
                PropertyNamingStrategies.SnakeCaseStrategy.INSTANCE.translate(field.getName()));
    config
        .forTypesInGeneral()
        .withCustomDefinitionProvider(
            (type, context) -> {
              Class<?> raw = type.getErasedType();
              if (texts.contains(raw)) {
                return new CustomDefinition(JSON.createObjectNode().put("type", "string"), true);
              }
              if (raw == Architecture.class) {
                ObjectNode names = JSON.createObjectNode().put("type", "array");
                names.putObject("items").put("type", "string");
                return new CustomDefinition(names, true);
              }
              if (raw == double.class || raw == Double.class) {
                ObjectNode number = JSON.createObjectNode();
                number.putArray("type").add("number").add("null");
                return new CustomDefinition(number, true);
              }
              return null;
            });
    return new SchemaGenerator(config.build());
  }

  /** {@code task-finished}. */
  static String name(Class<?> event) {
    return event
        .getSimpleName()
        .replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-")
        .toLowerCase(java.util.Locale.ROOT);
  }
}
