package io.llamamesh.registry.http;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** The API's OpenAPI document, as it is written and as JSON. */
final class ApiDescription {
  private ApiDescription() {}

  static Answer yaml() {
    return Answer.of(200, Answer.YAML, bytes());
  }

  static Answer json() {
    try {
      return Answer.json(200, new YAMLMapper().readTree(bytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] bytes() {
    try (InputStream stream =
        Objects.requireNonNull(ApiDescription.class.getResourceAsStream("openapi.yaml"))) {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
