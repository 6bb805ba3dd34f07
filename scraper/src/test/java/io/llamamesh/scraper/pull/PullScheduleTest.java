package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class PullScheduleTest {
  private static final Instant END = Instant.parse("2026-11-20T09:00:10Z");
  private final PullSchedule schedule = new PullSchedule(Duration.ofSeconds(10), "node-1");

  @Test
  void asksJustAfterTheNextWindowIsPublished() {
    schedule.recordWindow(END);

    Instant due = schedule.afterWindow(END.plusSeconds(4));

    assertThat(due).isBetween(END.plusSeconds(13), END.plusSeconds(14));
  }

  @Test
  void agentsAreSpreadOverASecond() {
    long distinct =
        IntStream.range(0, 100)
            .mapToObj(i -> {
              PullSchedule one = new PullSchedule(Duration.ofSeconds(10), "node-" + i);
              one.recordWindow(END);
              return one.afterWindow(END.plusSeconds(4));
            })
            .distinct()
            .count();

    assertThat(distinct).isGreaterThan(50);
  }

  @Test
  void asksAgainSoonWhenTheWindowIsNotYetThere() {
    Instant due = schedule.afterEmptyAnswer(END);

    assertThat(due).isBetween(END.plusMillis(200), END.plusSeconds(1));
  }

  @Test
  void anAgentThatNeverHasAnythingIsAskedOnceAnInterval() {
    Instant due = END;
    for (int i = 0; i < 20; i++) {
      due = schedule.afterEmptyAnswer(END);
    }

    assertThat(due).isEqualTo(END.plusSeconds(10));
  }

  @Test
  void learnsShorterWindowsAtOnce() {
    schedule.recordWindow(END);
    schedule.recordWindow(END.plusSeconds(2));

    assertThat(schedule.interval()).isEqualTo(Duration.ofSeconds(2));
    assertThat(schedule.afterWindow(END.plusSeconds(5)))
        .isBetween(END.plusSeconds(7), END.plusSeconds(8));
  }

  @Test
  void oneMissingWindowIsNotALongerInterval() {
    schedule.recordWindow(END);
    schedule.recordWindow(END.plusSeconds(20));

    assertThat(schedule.interval()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void learnsLongerWindowsWhenTheyKeepComing() {
    for (int i = 0; i < 4; i++) {
      schedule.recordWindow(END.plusSeconds(30L * i));
    }

    assertThat(schedule.interval()).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void backsOffFromAnAgentThatDoesNotAnswerButNotForLong() {
    Instant first = schedule.afterFailure(END);
    Instant last = first;
    for (int i = 0; i < 20; i++) {
      last = schedule.afterFailure(END);
    }

    assertThat(first).isBefore(END.plusSeconds(1));
    assertThat(last).isBetween(END.plusSeconds(10), END.plusSeconds(11));
  }

  @Test
  void anAgentWhoseClockIsFarAheadIsStillAskedEveryInterval() {
    schedule.recordWindow(END.plusSeconds(3_600));

    assertThat(schedule.afterWindow(END)).isBefore(END.plusSeconds(15));
  }
}
