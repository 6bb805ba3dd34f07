package io.llamamesh.scraper.store;

/**
 * A store's answer to a request, as far as it came.
 *
 * @param status its HTTP status
 * @param location where it sends to; empty where nowhere
 * @param retryAfter header {@code Retry-After}; empty where absent
 * @param header header {@code X-Influxdb-Error}; empty where absent
 * @param body its text, cut where it is too long
 * @param complete whether the body came to its end
 */
record StoreAnswer(
    int status, String location, String retryAfter, String header, String body, boolean complete) {

  /** Whether there is nothing in it but a status. */
  boolean isEmpty() {
    return complete && body.isBlank();
  }
}
