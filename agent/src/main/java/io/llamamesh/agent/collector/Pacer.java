package io.llamamesh.agent.collector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Schedule of flows: which are due. Flows of one period form a circle, ordered by phase; a hand
 * goes round once per period. No flow is due twice or left out when flows come and go, since phases
 * count from one origin for as long as the pacer lives.
 */
final class Pacer {

  /** Takes a flow that is due. */
  interface Due {
    void due(Flow flow);
  }

  private final long origin;
  private final List<Circle> circles = new ArrayList<>();
  private long reached;

  Pacer(long nowNanos) {
    this.origin = nowNanos;
    this.reached = nowNanos;
  }

  /** Replaces the flows. */
  void flows(Iterable<Flow> flows, long nowNanos) {
    if (circles.isEmpty()) {
      reached = nowNanos; // nothing was due before
    }
    Map<Long, List<Flow>> byPeriod = new TreeMap<>();
    for (Flow flow : flows) {
      byPeriod.computeIfAbsent(flow.pair().plan().periodNanos(), p -> new ArrayList<>()).add(flow);
    }
    circles.clear();
    byPeriod.forEach(
        (period, members) -> circles.add(new Circle(period, members, reached - origin)));
  }

  /** Hands over all flows that came due since the last call, in each circle in their order. */
  void advance(long nowNanos, Due due) {
    long time = nowNanos - origin;
    for (int i = 0; i < circles.size(); i++) {
      circles.get(i).advance(time, due);
    }
    reached = nowNanos;
  }

  /** Time up to which flows were handed over. */
  long reached() {
    return reached;
  }

  /** One round. */
  private static final class Circle {
    private final long period;
    private final Flow[] flows;
    private int hand;
    private long round;

    Circle(long period, List<Flow> members, long time) {
      this.period = period;
      this.flows = members.toArray(Flow[]::new);
      Arrays.sort(flows, Comparator.comparingLong(flow -> flow.phase() % period));
      round = Math.floorDiv(time, period) * period;
      while (hand < flows.length && flows[hand].phase() % period + round <= time) {
        hand++;
      }
    }

    void advance(long time, Due due) {
      while (true) {
        if (hand == flows.length) {
          if (flows.length == 0) {
            return;
          }
          hand = 0;
          round += period;
        }
        Flow flow = flows[hand];
        if (flow.phase() % period + round > time) {
          return;
        }
        hand++;
        due.due(flow);
      }
    }
  }
}
