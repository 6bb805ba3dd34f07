package io.llamamesh.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.llamamesh.operator.status.Obstacle;
import io.llamamesh.operator.status.ScraperReadiness;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ScraperRolloutTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
  private static final Obstacle REFUSED = new Obstacle("PodsRefused", "the scraper's pods are");
  private static final Obstacle UNPULLED = new Obstacle("PullFailed", "pod m-scraper-1 cannot");
  private static final Obstacle UNPLACED = new Obstacle("Unschedulable", "pod m-scraper-1: 0/5");

  @ParameterizedTest
  @ValueSource(strings = {"PodsRefused", "PullFailed", "Unschedulable", "CrashLoopBackOff"})
  void oneThatStandsStillIsToldByItsCauseWithTheNumberOfTheOlder(String reason) {
    Obstacle obstacle = explain(rollout(3, 1, -31), new Obstacle(reason, "the words"));

    assertThat(obstacle)
        .isEqualTo(
            new Obstacle(reason, "2 of 2 scrapers run an older template and go on; the words"));
  }

  @Test
  void oneScraperLeftIsOne() {
    assertThat(Objects.requireNonNull(explain(rollout(3, 2, -31), UNPULLED)).message())
        .startsWith("1 of 2 scrapers runs an older template and goes on; ");
  }

  @Test
  void oneThatComesForwardIsNotStuckWhateverItsPodsMeetForAMoment() {
    for (Obstacle cause : new Obstacle[] {REFUSED, UNPULLED, UNPLACED}) {
      assertThat(explain(rollout(3, 1, -29), cause)).isNull();
      // The controller's clock may be ahead of ours.
      assertThat(explain(rollout(3, 1, 60), cause)).isNull();
    }
    assertThat(explain(rollout(3, 1, -300), null)).as("starts for long").isNull();
  }

  @Test
  void withoutAnyCauseItIsStuckOnceItsControllerSaysSo() {
    Deployment overdue = rollout(3, 1, -1);
    overdue.getStatus().getConditions().getFirst().setReason("ProgressDeadlineExceeded");

    Obstacle obstacle = Objects.requireNonNull(explain(overdue, null));

    assertThat(obstacle.reason()).isEqualTo("RolloutStuck");
    assertThat(obstacle.message()).startsWith("2 of 2 scrapers run an older template");
    // Being reported moves the time of its condition, and is no progress.
    assertThat(Objects.requireNonNull(explain(overdue, UNPULLED)).reason()).isEqualTo("PullFailed");
  }

  @Test
  void aRolloutThatIsOverOrWasNeverOneHasNoObstacle() {
    assertThat(explain(rollout(2, 2, -600), UNPULLED)).isNull();
    assertThat(explain(new Deployment(), UNPULLED)).isNull();
    assertThat(explain(null, UNPULLED)).isNull();
  }

  @Test
  void scrapersThatAreMissingAreToldOfAtOnce() {
    ScraperReadiness missing = new ScraperReadiness(2, 1, 1, UNPULLED);

    assertThat(ScraperRollout.of(rollout(2, 1, -1)).explain(missing, NOW).obstacle())
        .isEqualTo(UNPULLED);
  }

  private static @Nullable Obstacle explain(
      @Nullable Deployment deployment, @Nullable Obstacle cause) {
    ScraperRollout rollout = ScraperRollout.of(deployment);
    return rollout.explain(new ScraperReadiness(2, 2, rollout.older(), cause), NOW).obstacle();
  }

  /** All pods, those of the newest template, and when it last came forward. */
  private static Deployment rollout(int pods, int updated, int second) {
    return new DeploymentBuilder()
        .withNewStatus()
        .withReplicas(pods)
        .withUpdatedReplicas(updated)
        .addNewCondition()
        .withType("Progressing")
        .withReason("ReplicaSetUpdated")
        .withStatus("True")
        .withLastUpdateTime(NOW.plusSeconds(second).toString())
        .endCondition()
        .endStatus()
        .build();
  }
}
