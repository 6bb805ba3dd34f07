package io.llamamesh.e2e.row;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StormScheduleTest {
  private static final int STORMS = 2000;
  private static final int LONGEST = 300;

  @Test
  void eventsFollowEachOtherWithoutOverlapAndFillTheStorm() {
    storms((minutes, events) -> {
      Duration end = Duration.ZERO;
      for (StormEvent event : events) {
        assertThat(event.at()).isEqualTo(end);
        end = event.at().plusMinutes(event.minutes());
        assertThat(event.held()).isLessThan(Duration.ofMinutes(event.minutes()));
      }
      assertThat(end).isEqualTo(Duration.ofMinutes(minutes));
    });
  }

  @Test
  void eachIsHeldAsLongAsItsKindAllows() {
    storms((minutes, events) ->
        assertThat(events)
            .allSatisfy(event -> {
              assertThat(event.held().toSeconds())
                  .isBetween((long) event.kind().shortest(), (long) event.kind().longest());
              assertThat(event.choice()).isNotNegative();
            }));
  }

  @Test
  void noKindComesAgainBeforeAllThatFitHaveBeen() {
    int kinds = StormEvent.Kind.values().length;
    storms((minutes, events) -> {
      // At the end what is too long is left out, so that others come sooner.
      List<StormEvent> whole = events.subList(0, events.size() / kinds * kinds);
      for (int bag = 0; bag + kinds <= whole.size() - kinds; bag += kinds) {
        assertThat(whole.subList(bag, bag + kinds))
            .extracting(StormEvent::kind)
            .doesNotHaveDuplicates();
      }
    });
  }

  @Test
  void anHourHasAllKindsAndAnApiServerThatIsAwayShortAndLong() {
    assertThat(StormSchedule.of(1, StormSettings.DEFAULT_MINUTES))
        .extracting(StormEvent::kind)
        .contains(StormEvent.Kind.values());
    List<Long> outages =
        IntStream.range(0, STORMS)
            .mapToObj(seed -> StormSchedule.of(seed, StormSettings.DEFAULT_MINUTES))
            .flatMap(List::stream)
            .filter(event -> event.kind() == StormEvent.Kind.API_SERVER)
            .map(event -> event.held().toSeconds())
            .toList();
    assertThat(outages).contains(10L, 90L);
  }

  @Test
  void theSameSeedIsTheSameStormAndAnotherIsAnother() {
    Set<List<StormEvent>> seen = new HashSet<>();
    for (long seed = 0; seed < 100; seed++) {
      assertThat(StormSchedule.of(seed, 60)).isEqualTo(StormSchedule.of(seed, 60));
      seen.add(StormSchedule.of(seed, 60));
    }
    assertThat(seen).hasSize(100);
  }

  /** What a seed means must not change from one release to the next. */
  @Test
  void aSeedMeansTheSameTomorrow() {
    assertThat(StormSchedule.of(1, 6))
        .extracting(StormEvent::toString)
        .containsExactly(
            "minute 0: the API server is stopped or killed (held 80 s, variant 473)",
            "minute 2: a second release of the chart watches all namespaces (held 39 s, variant 263)",
            "minute 4: the mesh's auth Secret is deleted (held 1 s, variant 234)",
            "minute 5: a ResourceQuota allows no further pods, with or without an agent deleted"
                + " (held 22 s, variant 189)");
  }

  private interface Property {
    void holds(int minutes, List<StormEvent> events);
  }

  private static void storms(Property property) {
    Random random = new Random(20261130);
    for (int i = 0; i < STORMS; i++) {
      int minutes = random.nextInt(StormSettings.LEAST_MINUTES, LONGEST);
      property.holds(minutes, StormSchedule.of(random.nextLong(), minutes));
    }
  }
}
