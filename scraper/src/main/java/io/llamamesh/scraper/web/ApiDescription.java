package io.llamamesh.scraper.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** The API's OpenAPI document, in YAML and JSON. */
final class ApiDescription {
  private static final int HOUR = 3_600;

  private ApiDescription() {}

  static Answer yaml() {
    return new Answer(200, "application/yaml", bytes(), HOUR);
  }

  static Answer json() {
    try {
      JsonNode document = new YAMLMapper().readTree(bytes());
      return new Answer(200, Answer.JSON, ResultsJson.mapper().writeValueAsBytes(document), HOUR);
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
