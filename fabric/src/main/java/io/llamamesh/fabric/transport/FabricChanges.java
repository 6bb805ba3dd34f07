package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.Notification;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/**
 * Versions of what a node knows, for threads that wait for the next change. A version grows after
 * what it counts has changed, so that who reads it first and asks then misses nothing. Thread-safe.
 */
public final class FabricChanges {

  /** What changes by itself. */
  public enum Subject {
    /** Members: their states, lives, links. */
    MEMBERS,
    /** Links, and who is a member. */
    ROUTES,
    /** Who cannot reach whom. */
    PARTITIONS
  }

  private final Map<Subject, Long> versions = new EnumMap<>(Subject.class);

  FabricChanges() {
    for (Subject subject : Subject.values()) {
      versions.put(subject, 0L);
    }
  }

  /** Counts what a notification is about; never waits for who is woken. */
  void record(Notification notification) {
    switch (notification) {
      case Notification.MemberChanged _, Notification.RoutesChanged _ ->
          changed(Subject.MEMBERS, Subject.ROUTES);
      case Notification.FabricBlocked _, Notification.Reincarnated _ -> changed(Subject.MEMBERS);
      case Notification.PartitionsChanged _ -> changed(Subject.PARTITIONS);
      case Notification.WrongIdentity _, Notification.LeavingKnown _ -> {}
    }
  }

  /** Counts that a life of the node began or ended. */
  void recordLife() {
    changed(Subject.values());
  }

  private synchronized void changed(Subject... subjects) {
    for (Subject subject : subjects) {
      versions.merge(subject, 1L, Long::sum);
    }
    notifyAll();
  }

  /** The number of changes so far. */
  public synchronized long version(Subject subject) {
    return versions.getOrDefault(subject, 0L);
  }

  /**
   * Waits for a change.
   *
   * @param seen the version that is known
   * @param patience longest wait
   * @return the newest version, {@code seen} where there was no change in time
   */
  public synchronized long await(Subject subject, long seen, Duration patience)
      throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (version(subject) == seen) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        break;
      }
      wait(Math.max(1, left / 1_000_000));
    }
    return version(subject);
  }
}
