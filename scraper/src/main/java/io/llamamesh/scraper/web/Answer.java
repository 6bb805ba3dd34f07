package io.llamamesh.scraper.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.llamamesh.results.ResultsJson;
import java.nio.charset.StandardCharsets;

/**
 * An HTTP answer.
 *
 * @param status HTTP status
 * @param contentType its media type
 * @param body its bytes, not compressed
 * @param cacheSeconds how long a browser may keep it; 0: must ask again
 */
@SuppressWarnings("ArrayRecordComponent") // Answers are sent, never compared.
record Answer(int status, String contentType, byte[] body, int cacheSeconds) {
  static final String JSON = "application/json";
  static final String TEXT = "text/plain; charset=utf-8";

  static Answer json(Object document) {
    return json(200, document);
  }

  static Answer text(int status, String text) {
    return new Answer(status, TEXT, text.getBytes(StandardCharsets.UTF_8), 0);
  }

  /** An error as every path of the API has it. */
  static Answer error(int status, String message) {
    return json(status, new ErrorDocument(message));
  }

  /**
   * What went wrong.
   *
   * @param error one sentence with the remedy
   */
  record ErrorDocument(String error) {}

  private static Answer json(int status, Object document) {
    try {
      return new Answer(status, JSON, ResultsJson.mapper().writeValueAsBytes(document), 0);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("our own documents can be written", e);
    }
  }
}
