package io.llamamesh.fabric.crdt;

import java.util.ArrayList;
import java.util.List;

/**
 * One operation in progress: hands out its dots and notes which ones it replaces or removes. Used
 * by one thread, for one operation.
 */
final class DotWriter {

  private final Actor actor;
  private final long firstEvent;
  private final long timestampMillis;
  private final List<Dot> removed = new ArrayList<>();
  private long nextEvent;

  /**
   * A writer that goes on after an actor's last event.
   *
   * @param timestampMillis the writer's wall clock, ms since 1970
   */
  DotWriter(Actor actor, long lastEvent, long timestampMillis) {
    this.actor = actor;
    this.firstEvent = lastEvent + 1;
    this.nextEvent = firstEvent;
    this.timestampMillis = timestampMillis;
  }

  Actor actor() {
    return actor;
  }

  long timestampMillis() {
    return timestampMillis;
  }

  Dot next() {
    return new Dot(actor, nextEvent++);
  }

  void remove(Dot dot) {
    removed.add(dot);
  }

  long writes() {
    return nextEvent - firstEvent;
  }

  boolean hasChanged() {
    return writes() > 0 || !removed.isEmpty();
  }

  /** True for dots that this operation made. */
  boolean made(Dot dot) {
    return dot.actor().equals(actor) && dot.event() >= firstEvent;
  }

  /** The dots made and removed, no others: what a delta may claim to have seen. */
  CausalContext touched() {
    CausalContext.Builder touched = new CausalContext.Builder();
    addMade(touched);
    removed.forEach(touched::add);
    return touched.build();
  }

  CausalContext made() {
    CausalContext.Builder made = new CausalContext.Builder();
    addMade(made);
    return made.build();
  }

  private void addMade(CausalContext.Builder context) {
    if (writes() > 0) {
      context.addRange(actor, firstEvent, nextEvent - 1);
    }
  }
}
