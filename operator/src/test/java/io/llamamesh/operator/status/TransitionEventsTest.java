package io.llamamesh.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.llamamesh.crd.LlamaMeshStatus;
import io.llamamesh.crd.LlamaMeshStatus.SuspectStatus;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TransitionEventsTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

  private final TransitionEvents events = new TransitionEvents();

  @Test
  void aFirstAcceptedSpecIsAnnouncedOnce() {
    assertThat(events.next(null, status("Accepted", "True"), NOW))
        .extracting(TransitionEvent::reason)
        .containsExactly("Accepted");
    assertThat(events.next(null, status("Accepted", "True"), NOW)).isEmpty();
  }

  @Test
  void aNetworkIsLostWithItsTopSuspectAndComesBackThroughUnknown() {
    assertThat(events.next(null, status("NetworkHealthy", "True"), NOW)).isEmpty();

    assertThat(events.next(null, status("NetworkHealthy", "False"), NOW))
        .singleElement()
        .satisfies(a -> {
          assertThat(a.warning()).isTrue();
          assertThat(a.note()).contains("top suspect: Node node-7 Egress, 18 of 19 pairs");
        });
    assertThat(events.next(null, status("NetworkHealthy", "Unknown"), NOW)).isEmpty();
    assertThat(events.next(null, status("NetworkHealthy", "True"), NOW))
        .extracting(TransitionEvent::reason)
        .containsExactly("NetworkHealthy");
  }

  @Test
  void aFaultThatTurnsOutToBeAnotherIsAnnouncedAgain() {
    LlamaMeshStatus pair = status("NetworkHealthy", "False", "OneWayLoss", "one pair is bad");
    LlamaMeshStatus node = status("NetworkHealthy", "False", "NodeLoss", "a node is bad");

    assertThat(events.next(null, pair, NOW)).hasSize(1);
    assertThat(events.next(null, node, NOW))
        .singleElement()
        .satisfies(a -> assertThat(a.note()).startsWith("NodeLoss: a node is bad"));
    assertThat(events.next(null, node, NOW)).isEmpty();
    assertThat(new TransitionEvents().next(node, node, NOW)).isEmpty();
  }

  @Test
  void whatTheStatusSaidBeforeARestartIsNotAnnouncedAgain() {
    assertThat(
            events.next(status("NetworkHealthy", "False"), status("NetworkHealthy", "False"), NOW))
        .isEmpty();
  }

  @Test
  void aNameThatIsGivenTwiceIsAnnouncedOnceAndAgainOnlyForOtherNames() {
    assertThat(events.next(null, duplicates("edge"), NOW))
        .extracting(TransitionEvent::reason)
        .containsExactly("DuplicateName");
    assertThat(events.next(null, duplicates("edge"), NOW)).isEmpty();
    assertThat(events.next(null, duplicates("edge, far"), NOW)).hasSize(1);
    assertThat(new TransitionEvents().next(duplicates("edge"), duplicates("edge"), NOW)).isEmpty();
  }

  @Test
  void flappingIsCutToTenAndTwoAMinute() {
    int announced = 0;
    for (int i = 0; i < 100; i++) {
      announced +=
          events.next(null, status("StoreReachable", i % 2 == 0 ? "False" : "True"), NOW).size();
    }
    int later = events.next(null, status("StoreReachable", "False"), NOW.plusSeconds(31)).size();

    assertThat(announced).isEqualTo(10);
    assertThat(later).isEqualTo(1);
  }

  private static LlamaMeshStatus duplicates(String names) {
    return status("ConfigsReady", "True", "DuplicateName", names);
  }

  private static LlamaMeshStatus status(String type, String value) {
    return status(type, value, "Some", "words");
  }

  private static LlamaMeshStatus status(String type, String value, String reason, String message) {
    Condition condition =
        new ConditionBuilder()
            .withType(type)
            .withStatus(value)
            .withReason(reason)
            .withMessage(message)
            .build();
    return new LlamaMeshStatus(
        1L,
        null,
        2,
        null,
        2,
        2,
        2,
        "0",
        "1ms",
        List.of(),
        null,
        List.of(),
        List.of(new SuspectStatus("Node", "node-7", "Egress", 18, 19, "12.1")),
        List.of(condition));
  }
}
