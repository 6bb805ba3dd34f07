package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.llamamesh.operator.status.Obstacle;
import io.llamamesh.operator.status.ScraperReadiness;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The rollout of a new template to the scrapers, by the status of their Deployment. Those of the
 * older template go on until new ones are ready, so that ready pods say nothing of a rollout that
 * is stuck.
 *
 * @param older pods of an older template; 0: no rollout is under way
 * @param progressed when the Deployment's controller last saw it come forward, by its clock
 * @param overdue the controller has waited for it longer than {@code progressDeadlineSeconds}
 */
record ScraperRollout(int older, Instant progressed, boolean overdue) {
  /**
   * Time for which a rollout may stand still before what its pods say is an obstacle: any pod of
   * any rollout finds no node, or no image, for a moment.
   */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final ScraperRollout NONE = new ScraperRollout(0, Instant.EPOCH, false);

  /**
   * The rollout of a Deployment.
   *
   * @param deployment the scraper's with its latest status; null: there is none
   */
  static ScraperRollout of(@Nullable Deployment deployment) {
    DeploymentStatus status = deployment == null ? null : deployment.getStatus();
    if (status == null) {
      return NONE;
    }
    int older = count(status.getReplicas()) - count(status.getUpdatedReplicas());
    DeploymentCondition progressing =
        status.getConditions().stream()
            .filter(condition -> "Progressing".equals(condition.getType()))
            .findFirst()
            .orElse(null);
    // A controller that has not judged it yet has not seen it stand still.
    return older <= 0 || progressing == null
        ? NONE
        : new ScraperRollout(
            older,
            time(progressing.getLastUpdateTime()),
            "ProgressDeadlineExceeded".equals(progressing.getReason()));
  }

  /**
   * The scrapers with what holds up their rollout, where it is under way and stands still.
   *
   * @param state with what keeps pods from coming up, as it is known now
   */
  ScraperReadiness explain(ScraperReadiness state, Instant now) {
    if (!isStalled(now)) {
      return state.hasAllReady() ? state.withObstacle(null) : state;
    }
    Obstacle obstacle = state.obstacle();
    if (obstacle == null && !overdue) {
      return state;
    }
    String who =
        older
            + " of "
            + Math.max(older, state.wanted())
            + (older == 1 ? " scrapers runs an older template" : " scrapers run an older template")
            + (!state.hasAllReady() ? "; " : older == 1 ? " and goes on; " : " and go on; ");
    return state.withObstacle(
        obstacle == null
            ? new Obstacle(
                AgentRollout.STUCK,
                who
                    + "none of the new one became ready in time: kubectl describe pod tells why it"
                    + " does not, kubectl logs what it says")
            : new Obstacle(obstacle.reason(), who + obstacle.message()));
  }

  private boolean isStalled(Instant now) {
    // That it is overdue is news too, by which the controller's time of progress moves on.
    return older > 0 && (overdue || !now.isBefore(progressed.plus(PATIENCE)));
  }

  private static int count(@Nullable Integer pods) {
    return pods == null ? 0 : pods;
  }

  /** A controller always gives the time; should one not, the rollout has stood still for ever. */
  private static Instant time(@Nullable String text) {
    try {
      return text == null ? Instant.EPOCH : Instant.parse(text);
    } catch (DateTimeException e) {
      return Instant.EPOCH;
    }
  }
}
