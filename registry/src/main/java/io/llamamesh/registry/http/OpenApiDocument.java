package io.llamamesh.registry.http;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** The API's OpenAPI document, as it is written and as JSON. */
final class OpenApiDocument {
  private OpenApiDocument() {}

  static RegistryResponse yaml() {
    return RegistryResponse.of(200, RegistryResponse.YAML, bytes());
  }

  static RegistryResponse json() {
    try {
      return RegistryResponse.json(200, new YAMLMapper().readTree(bytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] bytes() {
    try (InputStream stream =
        Objects.requireNonNull(OpenApiDocument.class.getResourceAsStream("openapi.yaml"))) {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
