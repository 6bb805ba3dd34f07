package io.llamamesh.scraper.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AcceptedHostsTest {
  private final AcceptedHosts hosts =
      new AcceptedHosts(Set.of("Matrix.Example.com", "mesh-scraper.llama-mesh"));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "10.1.2.3:8080",
        "[::1]:8080",
        "[2001:db8::1]",
        "localhost:8080",
        "LOCALHOST",
        "page.localhost:8080",
        "scraper",
        "mesh-scraper.llama-mesh:8080",
        "mesh-scraper.llama-mesh.svc",
        "mesh-scraper.llama-mesh.svc.cluster.local:8080",
        "mesh-scraper.llama-mesh.svc.cluster.local.",
        "matrix.example.com:443"
      })
  void addressesServicesAndGivenNamesAreOurs(String host) {
    assertThat(hosts.accepts(host)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "mesh-scraper.llama-mesh.svc.evil.example",
        "localhost.evil.example",
        "matrix.example.com.evil.example",
        "10.1.2.3.nip.io",
        "[::1].evil.example"
      })
  void aForeignSitesNameIsNot(String host) {
    assertThat(hosts.accepts(host)).isFalse();
  }

  @Test
  void withoutAHostNoBrowserAsks() {
    assertThat(hosts.accepts(null)).isTrue();
  }
}
