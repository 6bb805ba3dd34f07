package io.llamamesh.registry.directory;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An entry for another life of the registry.
 *
 * @param seen where its registration came from
 * @param instance which probe it is, where it says so
 * @param createDate time of its last registration, as shown
 * @param registration the members as posted, with defaults
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({"seen", "instance", "create_date", "registration"})
public record SavedEntry(
    String seen,
    @Nullable String instance,
    @JsonProperty("create_date") String createDate,
    Map<String, Object> registration) {}
