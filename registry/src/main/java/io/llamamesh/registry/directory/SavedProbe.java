package io.llamamesh.registry.directory;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * An entry for another life of the registry.
 *
 * @param seen where its registration came from
 * @param instance which probe it is, where it says so
 * @param createDate time of its last registration, as shown
 * @param registration the members as posted, with defaults, as JSON
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({"seen", "instance", "create_date", "registration"})
public record SavedProbe(
    String seen,
    @Nullable String instance,
    @JsonProperty("create_date") String createDate,
    @JsonRawValue @JsonDeserialize(using = RawJson.class) String registration) {

  /** Keeps a value as the text of its JSON. */
  private static final class RawJson extends JsonDeserializer<String> {
    @Override
    public String deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      return parser.readValueAsTree().toString();
    }
  }
}
