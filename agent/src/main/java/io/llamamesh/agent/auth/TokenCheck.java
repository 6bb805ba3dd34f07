package io.llamamesh.agent.auth;

import io.llamamesh.agent.net.Cidr;
import java.net.InetAddress;
import java.util.List;
import java.util.function.Predicate;

/** Check of who may read results; for all threads. */
@FunctionalInterface
public interface TokenCheck {

  /** Accepts everything, for agents without authentication. */
  TokenCheck OPEN = (token, reader) -> true;

  /**
   * Returns whether a request may read results.
   *
   * @param token its bearer token; empty where it has none
   * @param reader the address that it comes from
   */
  boolean accepts(String token, InetAddress reader);

  /**
   * Accepts requests with a valid token, and those from networks that need none: LLAMA's own
   * scraper cannot send one.
   */
  static TokenCheck of(Predicate<String> valid, List<Cidr> openTo) {
    List<Cidr> networks = List.copyOf(openTo);
    return (token, reader) ->
        networks.stream().anyMatch(network -> network.contains(reader)) || valid.test(token);
  }
}
