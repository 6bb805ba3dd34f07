package io.llamamesh.bench.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.bench.attack.Attack.Attempted;
import org.junit.jupiter.api.Test;

/** Rows of the table, and what makes one fail. */
class AttackTallyTest {

  private final AttackTally tally = new AttackTally(new HostilePartyAttacks.Pod());

  @Test
  void anAttackThatHadNoTurnHasNotHeld() {
    assertThat(tally.hasHeld()).isFalse();
    assertThat(tally.line()).startsWith("hostile-pod").contains("not run");
  }

  @Test
  void allTurnsTogetherAreARow() {
    tally.attempted(Attempted.held(3, "first"));
    tally.attempted(Attempted.held(4, "second"));
    tally.windows(0, 0);
    tally.verdicts(5, 5);

    assertThat(tally.hasHeld()).isTrue();
    assertThat(tally.line()).contains("held", "7 tries; second", "right 5 of 5");
  }

  @Test
  void whatDoesNotHoldOnceIsSaid() {
    tally.attempted(Attempted.when(false, 3, "2 taken"));
    tally.attempted(Attempted.held(3, "0 taken"));
    tally.windows(1, 2);

    assertThat(tally.hasHeld()).isFalse();
    assertThat(tally.line())
        .contains("NOT HELD", "2 taken", "1 windows missing", "2 windows with two contents");
  }
}
