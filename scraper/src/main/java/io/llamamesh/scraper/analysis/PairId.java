package io.llamamesh.scraper.analysis;

import io.llamamesh.scraper.matrix.PairSeries;

/**
 * An ordered pair in a class.
 *
 * @param source who probed
 * @param destination who was probed
 * @param port the traffic class
 * @param family the address family
 */
record PairId(String source, String destination, String port, String family) {
  static PairId of(PairSeries pair) {
    return new PairId(pair.source(), pair.destination(), pair.port(), pair.family());
  }
}
