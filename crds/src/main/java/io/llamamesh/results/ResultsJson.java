package io.llamamesh.results;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.deser.std.StringDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.Serial;

/**
 * The one spelling of results in JSON: times as RFC 3339, numbers of points always with a decimal
 * point.
 */
public final class ResultsJson {
  static final StreamReadConstraints CONSTRAINTS =
      StreamReadConstraints.builder().maxNestingDepth(16).maxStringLength(4096).build();

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          // A newer agent or scraper may say more than we know.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  static {
    MAPPER.getFactory().setStreamReadConstraints(CONSTRAINTS);
  }

  private static final JsonMapper OTHERS = ofOthers();

  private ResultsJson() {}

  /** The shared mapper; thread-safe, not to be reconfigured. */
  public static JsonMapper mapper() {
    return MAPPER;
  }

  /**
   * For documents that others wrote and people will see: their texts come without control
   * characters ({@link ControlCharacters}). Thread-safe, not to be reconfigured.
   */
  public static JsonMapper mapperOfOthers() {
    return OTHERS;
  }

  private static JsonMapper ofOthers() {
    SimpleModule clean = new SimpleModule();
    clean.addDeserializer(String.class, new CleanText());
    return MAPPER.rebuild().addModule(clean).build();
  }

  private static final class CleanText extends StdScalarDeserializer<String> {
    @Serial private static final long serialVersionUID = 1;

    CleanText() {
      super(String.class);
    }

    @Override
    public String deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      return ControlCharacters.replaced(StringDeserializer.instance.deserialize(parser, context));
    }
  }
}
