package io.llamamesh.bench.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.cli.CommandFrame;
import io.llamamesh.testkit.junit.RunsAlone;
import org.junit.jupiter.api.Test;

/** Attacks on a mesh of real processes, in small. */
@RunsAlone("it keeps the whole machine busy")
class AttackBenchTest {

  @Test
  void aSmallMeshHoldsAgainstForgersStrangersAndABadStore() {
    int code =
        CommandFrame.of(new AttackBench())
            .execute(
                "--agents=3",
                "--for=12s",
                "--rows=forged-answers,hostile-agent,hostile-store,hostile-pod");

    assertThat(code).isZero();
  }

  @Test
  void everyAttackHasANameOfItsOwnThatTheHelpLists() {
    String help = CommandFrame.of(new AttackBench()).getUsageMessage();

    assertThat(Attacks.byName()).hasSize(10);
    assertThat(Attacks.byName().keySet()).allSatisfy(name -> assertThat(help).contains(name));
  }
}
