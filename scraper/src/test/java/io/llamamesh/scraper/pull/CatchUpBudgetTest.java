package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class CatchUpBudgetTest {
  private static final Instant START = Instant.parse("2026-11-20T09:00:00Z");

  private final CatchUpBudget budget = new CatchUpBudget();

  @Test
  void whatAnAgentRetainsIsReadWithoutAPause() {
    for (int page = 0; page < 400; page++) {
      budget.spend(PageSize.WANTED, START.plusMillis(page));
      assertThat(budget.pause(START.plusMillis(page))).isZero();
    }
  }

  @Test
  void whoAlwaysHasMoreIsReadOnceASecond() {
    Instant now = START;
    int pages = 0;
    while (now.isBefore(START.plusSeconds(600))) {
      budget.spend(PageSize.WANTED, now);
      pages++;
      now = now.plus(budget.pause(now)).plusMillis(1);
    }

    assertThat(pages).isBetween(900, 1_200);
  }

  @Test
  void emptyPagesWithoutEndAreBoundedToo() {
    Instant now = START;
    int pages = 0;
    while (now.isBefore(START.plusSeconds(600))) {
      budget.spend(2, now);
      pages++;
      now = now.plus(budget.pause(now)).plusMillis(1);
    }

    assertThat(pages).isLessThan(12_000);
  }

  @Test
  void aClockThatIsSetBackGivesNothingAndStopsNothing() {
    for (int page = 0; page < 1_000; page++) {
      budget.spend(PageSize.WANTED, START);
    }
    Duration pause = budget.pause(START);

    assertThat(budget.pause(START.minusSeconds(3_600))).isEqualTo(pause);
    assertThat(budget.pause(START.minusSeconds(3_500))).isLessThan(pause);
    assertThat(budget.pause(Instant.MAX)).isZero();
  }
}
