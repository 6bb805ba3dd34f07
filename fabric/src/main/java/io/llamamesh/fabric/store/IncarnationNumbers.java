package io.llamamesh.fabric.store;

import io.llamamesh.fabric.crdt.Actor;
import io.llamamesh.fabric.crdt.CausalContext;
import io.llamamesh.fabric.crdt.Document;
import io.llamamesh.fabric.crdt.DocumentLimits;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/**
 * Numbers of a node's lives: the present one, which no earlier life had, and up to which one
 * earlier lives are complete here.
 */
final class IncarnationNumbers {

  /** Chance below a life's seconds, so that two lives in one second differ. */
  private static final int LIFE_BITS = 20;

  private final String node;
  private final InstantSource clock;
  private final RandomGenerator random;

  /** As the disk had it at the start: an older disk's writes up to there are known to others. */
  private final long settledBefore;

  private long present;
  private long settled;
  private boolean changed;
  private long taken;
  private long exhausted;

  /**
   * Lives after the last that a disk knows of.
   *
   * @param known greatest number that the node used, as far as is known
   * @param settled lives below this one are complete here
   * @throws StorageException when no number is left
   */
  IncarnationNumbers(
      String node, long known, long settled, InstantSource clock, RandomGenerator random)
      throws StorageException {
    this.node = node;
    this.clock = clock;
    this.random = random;
    this.settledBefore = settled;
    this.settled = settled;
    this.present = next(known);
  }

  private long next(long known) throws StorageException {
    long seconds = Math.clamp(clock.millis() / 1_000, 0, DocumentLimits.MAX_LIFE >>> LIFE_BITS);
    long next = Math.max((seconds << LIFE_BITS) + random.nextInt(1 << LIFE_BITS) + 1, known + 1);
    if (next > DocumentLimits.MAX_LIFE) {
      throw new StorageException("no number is left for a new life of " + node);
    }
    return next;
  }

  Actor actor() {
    return new Actor(node, present);
  }

  long present() {
    return present;
  }

  long settled() {
    return settled;
  }

  /**
   * Life below which earlier ones may be merged, 0 before the first exchange since the start: the
   * disk may be an older one, and lack what was removed meanwhile.
   */
  long mergeable() {
    return settled == settledBefore ? 0 : settled;
  }

  /** True until the numbers are on disk. */
  boolean isChanged() {
    return changed;
  }

  void written() {
    changed = false;
  }

  /** Number of lives that were taken after the first. */
  long taken() {
    return taken;
  }

  /** Times that no greater number was left. */
  long exhausted() {
    return exhausted;
  }

  /**
   * Takes a greater number than all that are known, for whatever is written from now on. Where a
   * forged number has left none, writes go on under the one in use.
   */
  void takeNew(long known) {
    try {
      present = next(Math.max(present, known));
      changed = true;
      taken++;
    } catch (StorageException e) {
      exhausted++;
    }
  }

  /** What others held of earlier lives is here. */
  boolean trySettle() {
    if (settled == present) {
      return false;
    }
    settled = present;
    changed = true;
    return true;
  }

  /**
   * Looks at what others hold of this node's writes. Numbers from the present life on that are not
   * from here: the disk is an older one, or the clock was wrong, and greater ones are needed. A
   * floor above lives in which this node wrote without having heard of anybody: others would take
   * these writes for removed, so they get new numbers.
   *
   * @return the own document, with writes renamed where that is needed
   */
  Document rescue(Document own, CausalContext theirs) {
    long known = theirs.lastLife(node);
    boolean sameLifeAhead =
        known == present && theirs.lastEvent(actor()) > own.context().lastEvent(actor());
    if (known > present || sameLifeAhead) {
      takeNew(known);
    }
    long floor = theirs.floor(node);
    Document rescued = own;
    if (floor > own.context().floor(node)) {
      for (Actor earlier : own.context().actorsOf(node)) {
        if (earlier.life() > settledBefore && earlier.life() < floor) {
          rescued = rescued.rename(earlier, actor());
        }
      }
    }
    return rescued;
  }
}
