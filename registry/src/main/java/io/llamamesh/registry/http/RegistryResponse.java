package io.llamamesh.registry.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An HTTP answer.
 *
 * @param status HTTP status
 * @param contentType its media type
 * @param body its bytes
 * @param headers further headers
 * @param memory its share of the heap, which is given back once it is sent
 */
@SuppressWarnings("ArrayRecordComponent") // Answers are sent, never compared.
record RegistryResponse(
    int status,
    String contentType,
    byte[] body,
    Map<String, String> headers,
    ResponseMemory.Share memory) {
  static final String JSON = "application/json";
  static final String TEXT = "text/plain; charset=utf-8";
  static final String HTML = "text/html; charset=utf-8";
  static final String YAML = "application/yaml; charset=utf-8";

  private static final JsonMapper MAPPER = new JsonMapper();

  RegistryResponse {
    headers = Map.copyOf(headers);
  }

  static RegistryResponse of(int status, String contentType, byte[] body) {
    return new RegistryResponse(status, contentType, body, Map.of(), ResponseMemory.Share.NONE);
  }

  static RegistryResponse text(int status, String contentType, String text) {
    return of(status, contentType, text.getBytes(StandardCharsets.UTF_8));
  }

  static RegistryResponse json(byte[] body) {
    return of(200, JSON, body);
  }

  static RegistryResponse json(int status, Object document) {
    try {
      return of(
          status,
          JSON,
          (MAPPER.writeValueAsString(document) + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("our own documents can be written", e);
    }
  }

  /** An error as every route has it: {@code {"error": …}}. */
  static RegistryResponse error(int status, String message) {
    return json(status, Map.of("error", message));
  }

  RegistryResponse with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new RegistryResponse(status, contentType, body, more, memory);
  }

  /** The same, holding a share of the heap as long as it is. */
  RegistryResponse holding(ResponseMemory.Share share) {
    share.shrink(body.length);
    return new RegistryResponse(status, contentType, body, headers, share);
  }
}
