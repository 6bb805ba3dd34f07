package io.llamamesh.agent.http;

import io.llamamesh.agent.reflector.Cidr;
import java.net.InetAddress;
import java.util.List;
import java.util.function.Predicate;

/** Decides who reads results; for all threads. */
@FunctionalInterface
public interface TokenCheck {

  /** Without authentication everything passes. */
  TokenCheck OPEN = (token, reader) -> true;

  /**
   * Whether a request may read results.
   *
   * @param token its bearer token; empty where it has none
   * @param reader the address that it comes from
   */
  boolean accepts(String token, InetAddress reader);

  /**
   * Those who show a valid token, and those from networks that need none: LLAMA's own scraper can
   * show none.
   */
  static TokenCheck of(Predicate<String> valid, List<Cidr> openTo) {
    List<Cidr> networks = List.copyOf(openTo);
    return (token, reader) ->
        networks.stream().anyMatch(network -> network.contains(reader)) || valid.test(token);
  }
}
