package io.llamamesh.scraper.store;

/**
 * Answer of a store to a request, as far as it was received.
 *
 * @param status its HTTP status
 * @param location header {@code Location}; empty if absent
 * @param retryAfter header {@code Retry-After}; empty if absent
 * @param header header {@code X-Influxdb-Error}; empty if absent
 * @param body its text, truncated if it is too long
 * @param complete true if the body was received to its end
 */
record StoreAnswer(
    int status, String location, String retryAfter, String header, String body, boolean complete) {

  /** True if it has a status and nothing else. */
  boolean isEmpty() {
    return complete && body.isBlank();
  }
}
