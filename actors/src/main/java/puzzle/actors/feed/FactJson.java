package puzzle.actors.feed;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.RunId;
import puzzle.model.Variant;

/**
 * Values as JSON for other programs: names in snake case, variants and blocks by name, an
 * architecture as the list of its blocks' names, no NaN and no infinity (null instead), times as
 * ISO 8601. Reads the same within bounds, and refuses what it does not know.
 */
public final class FactJson {

  /** Reads within bounds and writes as described above. */
  public static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(32)
                          .maxNameLength(256)
                          .maxStringLength(1 << 16)
                          .maxNumberLength(64)
                          .build())
                  .build())
          .addModule(new Jdk8Module())
          .addModule(new JavaTimeModule())
          .addModule(
              new SimpleModule()
                  .addSerializer(RunId.class, text(RunId::value))
                  .addSerializer(Variant.class, text(Variant::name))
                  .addSerializer(Block.class, text(Block::name))
                  .addSerializer(Architecture.class, new Names())
                  .addSerializer(Double.class, new Finite())
                  .addSerializer(double.class, new Finite())
                  .addDeserializer(RunId.class, named(RunId::new))
                  .addDeserializer(Variant.class, named(Variant::parse))
                  .addDeserializer(Block.class, named(Block::parse))
                  .addDeserializer(Architecture.class, new Blocks()))
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private FactJson() {}

  /** One line of JSON as UTF-8. */
  public static byte[] bytes(Object value) {
    try {
      return MAPPER.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("no JSON of " + value.getClass(), e);
    }
  }

  private static <T> JsonSerializer<T> text(Function<T, String> name) {
    return new JsonSerializer<>() {
      @Override
      public void serialize(T value, JsonGenerator json, SerializerProvider provider)
          throws IOException {
        json.writeString(name.apply(value));
      }

      @Override
      public void serializeWithType(
          T value, JsonGenerator json, SerializerProvider provider, TypeSerializer type)
          throws IOException {
        serialize(value, json, provider);
      }
    };
  }

  private static <T> JsonDeserializer<T> named(Function<String, T> parse) {
    return new JsonDeserializer<>() {
      @Override
      public T deserialize(JsonParser json, DeserializationContext context) throws IOException {
        String text = context.readValue(json, String.class);
        try {
          return parse.apply(text);
        } catch (RuntimeException e) {
          throw JsonMappingException.from(json, e.getMessage(), e);
        }
      }
    };
  }

  private static final class Blocks extends JsonDeserializer<Architecture> {
    @Override
    public Architecture deserialize(JsonParser json, DeserializationContext context)
        throws IOException {
      return new Architecture(List.of(context.readValue(json, Block[].class)));
    }
  }

  private static final class Names extends JsonSerializer<Architecture> {
    @Override
    public void serialize(Architecture value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      List<Block> blocks = value.blocks();
      json.writeStartArray(value, blocks.size());
      for (Block block : blocks) {
        json.writeString(block.name());
      }
      json.writeEndArray();
    }
  }

  private static final class Finite extends JsonSerializer<Double> {
    @Override
    public void serialize(Double value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      if (Double.isFinite(value)) {
        json.writeNumber(value);
      } else {
        json.writeNull();
      }
    }
  }
}
