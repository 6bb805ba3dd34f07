package io.llamamesh.agent.collector;

import io.llamamesh.agent.collector.CollectorCounters.Event;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;

/** Counters of a collector that all differ. */
@SuppressWarnings("EnumOrdinal") // distinct small numbers
public final class TestCounters {

  private TestCounters() {}

  /**
   * Probes were sent 100 times, outcome i happened 110 + i times, mark i 130 + i times, event i 200
   * + i times, i peers are in state i.
   */
  public static CollectorCounters distinct() {
    CollectorCounters counters = new CollectorCounters();
    for (int i = 0; i < 100; i++) {
      counters.countSent();
    }
    for (Outcome outcome : Outcome.values()) {
      for (int i = 0; i < 110 + outcome.ordinal(); i++) {
        counters.add(outcome);
      }
    }
    for (Mark mark : Mark.values()) {
      for (int i = 0; i < 130 + mark.ordinal(); i++) {
        counters.add(mark);
      }
    }
    for (Event event : Event.values()) {
      counters.add(event, 200 + event.ordinal());
    }
    int[] peers = new int[PeerState.values().length];
    for (int i = 0; i < peers.length; i++) {
      peers[i] = i;
    }
    counters.setPeers(peers);
    counters.setFlows(64, 7);
    return counters;
  }
}
