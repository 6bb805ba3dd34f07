package io.llamamesh.scraper.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.llamamesh.results.ResultsJson;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * HTTP answer.
 *
 * @param status HTTP status
 * @param contentType its media type
 * @param body its body, not compressed
 * @param cacheSeconds time for which a browser may cache it; 0: it must revalidate
 * @param etag entity tag of the body, for revalidation
 */
@SuppressWarnings("ArrayRecordComponent") // Answers are sent, never compared.
record Answer(int status, String contentType, byte[] body, int cacheSeconds, String etag) {
  static final String JSON = "application/json";
  static final String TEXT = "text/plain; charset=utf-8";
  static final int NOT_MODIFIED = 304;

  Answer(int status, String contentType, byte[] body, int cacheSeconds) {
    this(status, contentType, body, cacheSeconds, tagOf(body));
  }

  /** A JSON document whose tag is derived from its input, not from its bytes. */
  static Answer json(Object document, String tag) {
    Answer answer = json(200, document);
    return new Answer(200, JSON, answer.body(), 0, tag);
  }

  /** Answer 304: the resource still has that tag. */
  static Answer notModified(String tag) {
    return new Answer(NOT_MODIFIED, JSON, new byte[0], 0, tag);
  }

  /** This answer, or 304 if the client has it already. */
  Answer orNotModified(@Nullable String known) {
    return status == 200 && etag.equals(known) ? notModified(etag) : this;
  }

  static Answer json(Object document) {
    return json(200, document);
  }

  static Answer text(int status, String text) {
    return new Answer(status, TEXT, text.getBytes(StandardCharsets.UTF_8), 0);
  }

  /** An error document, the same for every path of the API. */
  static Answer error(int status, String message) {
    return json(status, new ErrorDocument(message));
  }

  /**
   * JSON document of an error.
   *
   * @param error one sentence, with the remedy
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
