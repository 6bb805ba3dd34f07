package io.llamamesh.scraper.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.llamamesh.results.ResultsJson;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP answer.
 *
 * @param status HTTP status
 * @param contentType its media type
 * @param body its bytes, not compressed
 * @param cacheSeconds how long a browser may keep it; 0: must ask again
 * @param etag the entity tag by which it is asked whether it has changed
 */
@SuppressWarnings("ArrayRecordComponent") // Answers are sent, never compared.
record Answer(int status, String contentType, byte[] body, int cacheSeconds, String etag) {
  static final String JSON = "application/json";
  static final String TEXT = "text/plain; charset=utf-8";
  static final int NOT_MODIFIED = 304;

  Answer(int status, String contentType, byte[] body, int cacheSeconds) {
    this(status, contentType, body, cacheSeconds, tagOf(body));
  }

  /** A document whose tag tells what it was made of, not its bytes. */
  static Answer json(Object document, String tag) {
    Answer answer = json(200, document);
    return new Answer(200, JSON, answer.body(), 0, tag);
  }

  /** What is there still has that tag. */
  static Answer notModified(String tag) {
    return new Answer(NOT_MODIFIED, JSON, new byte[0], 0, tag);
  }

  /** Itself, or that it has not changed where that is what the asker has. */
  Answer orNotModified(@Nullable String known) {
    return status == 200 && etag.equals(known) ? notModified(etag) : this;
  }

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

  private static String tagOf(byte[] body) {
    CRC32C sum = new CRC32C();
    sum.update(body);
    return "\"%x-%x\"".formatted(body.length, sum.getValue());
  }

  private static Answer json(int status, Object document) {
    try {
      return new Answer(status, JSON, ResultsJson.mapper().writeValueAsBytes(document), 0);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("our own documents can be written", e);
    }
  }
}
