package io.llamamesh.scraper.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.registration.RegistrationSchedule;
import io.llamamesh.registration.RegistryClient.ListedProbe;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A registry that is scripted, on a fake clock. */
final class RegistryAgentsTest {
  private final List<List<AgentEndpoint>> told = new ArrayList<>();
  private @Nullable List<ListedProbe> list = List.of();
  private long nanos;
  private final RegistryAgents agents =
      new RegistryAgents(
          () -> {
            if (list == null) {
              throw new IOException("away");
            }
            return list;
          },
          "http://registry.test",
          new RegistrationSchedule(Duration.ofSeconds(30), new Random(1)),
          () -> nanos);

  private static ListedProbe probe(String group, String ip, int port) {
    return new ListedProbe(group, ip, port, "");
  }

  private boolean look(long seconds) {
    nanos += seconds * 1_000_000_000L;
    return agents.refresh(told::add);
  }

  private List<String> names() {
    return told.getLast().stream().map(AgentEndpoint::name).toList();
  }

  @Test
  void severalOnOneHostAreReadAtTheirPortsAndOneInTwoGroupsOnce() {
    list =
        List.of(
            probe("lan", "192.0.2.1", 8100),
            probe("wan", "192.0.2.1", 8100),
            probe("wan", "192.0.2.1", 8200),
            probe("wan", "2001:db8::1", 8100));

    assertThat(look(0)).isTrue();

    assertThat(names()).containsExactly("192.0.2.1:8100", "192.0.2.1:8200", "[2001:db8::1]:8100");
    assertThat(told.getLast()).allSatisfy(agent -> assertThat(agent.addresses()).hasSize(1));
    assertThat(agents.isCurrent()).isTrue();
  }

  @Test
  void oneThatRegistersAForwardedPortIsAlsoTriedAtTheUsualOne() {
    list = List.of(probe("wan", "192.0.2.1", 9100));
    look(0);

    assertThat(told.getLast().getFirst().addresses())
        .containsExactly(new HostPort("192.0.2.1", 9100), new HostPort("192.0.2.1", 8100));
  }

  @Test
  void theListIsPassedOnWhenItChangesOnly() {
    list = List.of(probe("wan", "192.0.2.1", 8100));
    look(0);
    look(30);
    assertThat(told).hasSize(1);
    list = List.of(probe("wan", "192.0.2.1", 8100), probe("wan", "192.0.2.2", 8100));
    look(30);
    assertThat(names()).containsExactly("192.0.2.1:8100", "192.0.2.2:8100");
    list = List.of(probe("wan", "192.0.2.2", 8100));
    look(30);
    look(60);
    look(61);
    assertThat(names()).containsExactly("192.0.2.2:8100");
    assertThat(told).hasSize(3);
  }

  @Test
  void aRegistryThatIsAwayOrLostItsMemoryTakesNobodyAway() {
    list = List.of(probe("wan", "192.0.2.1", 8100), probe("wan", "192.0.2.2", 8100));
    look(0);
    list = null;
    assertThat(look(600)).isFalse();
    assertThat(agents.isCurrent()).isFalse();
    list = List.of(probe("wan", "192.0.2.2", 8100));
    look(0);
    list = List.of();
    look(30);
    list = List.of(probe("wan", "192.0.2.1", 8100), probe("wan", "192.0.2.2", 8100));
    assertThat(look(30)).isTrue();
    assertThat(told).hasSize(1);
    assertThat(agents.isCurrent()).isTrue();
  }

  @Test
  void anAddressThatTwoSitesHaveIsNotReadForOneOfThem() {
    list =
        List.of(
            new ListedProbe("wan", "10.0.0.1", 8100, "198.51.100.1"),
            new ListedProbe("wan", "10.0.0.1", 8100, "198.51.100.2"),
            new ListedProbe("wan", "10.0.0.2", 8100, "198.51.100.2"));
    look(0);
    assertThat(names()).containsExactly("10.0.0.2:8100");
  }

  @Test
  void oneThatPushesIsPassedOnByItsNameAndNotToBePolled() {
    list =
        List.of(
            probe("wan", "192.0.2.1", 8100),
            new ListedProbe("wan", "10.0.0.1", 8100, "198.51.100.1", "edge", true),
            new ListedProbe("wan", "10.0.0.1", 8100, "198.51.100.2", "192.0.2.1:8100", true));
    look(0);

    assertThat(names()).containsExactly("192.0.2.1:8100", "edge", "192.0.2.1:8100");
    assertThat(told.getLast().stream().map(AgentEndpoint::isPushing))
        .containsExactly(false, true, true);
  }
}
