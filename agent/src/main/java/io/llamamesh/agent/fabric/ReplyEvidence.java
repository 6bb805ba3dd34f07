package io.llamamesh.agent.fabric;

import io.llamamesh.agent.collector.PeerListener;
import io.llamamesh.agent.collector.PeerState;
import io.llamamesh.fabric.Fabric;
import io.llamamesh.fabric.transport.FabricEvidence;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;

/**
 * Evidence of the collector's replies for the fabric's failure detector: per target the newest
 * probe that was answered, and the epoch of the reflector that answered.
 *
 * <p>Guarantees: the collector's thread writes without a lock and without allocating; the fabric's
 * thread reads what is newest once a tick; an epoch is never read with a newer probe than it came
 * with.
 */
public final class ReplyEvidence implements PeerListener, FabricEvidence {

  private static final class Slot {
    private final String name;
    // Written by the collector, the mark before the time; read in the other order.
    private volatile int epoch;
    private volatile long roundTrip;
    private volatile long sentAt = Long.MIN_VALUE;
    private volatile boolean refused;
    // The fabric's own.
    private long taken = Long.MIN_VALUE;

    Slot(String name) {
      this.name = name;
    }
  }

  private volatile Map<InetSocketAddress, Slot> slots = Map.of();

  /**
   * Replaces the targets whose replies count.
   *
   * @param names the mesh's name of each target that is a member
   */
  public void observe(Map<InetSocketAddress, String> names) {
    Map<InetSocketAddress, Slot> known = slots;
    Map<InetSocketAddress, Slot> next = new HashMap<>();
    names.forEach((target, name) -> {
      Slot slot = known.get(target);
      next.put(target, slot == null || !slot.name.equals(name) ? new Slot(name) : slot);
    });
    slots = Map.copyOf(next);
  }

  @Override
  public void answered(InetSocketAddress peer, int epoch, long sentNanos, long networkNanos) {
    Slot slot = slots.get(peer);
    if (slot != null && (slot.sentAt == Long.MIN_VALUE || sentNanos - slot.sentAt > 0)) {
      slot.epoch = epoch;
      slot.roundTrip = networkNanos;
      slot.sentAt = sentNanos;
    }
  }

  /**
   * As often as the fabric asks: replies that it hears of later would look late to its detector,
   * which would then ping neighbours that answer.
   */
  @Override
  public long longestDelayNanos() {
    return slots.isEmpty() ? Long.MAX_VALUE : Fabric.TICK;
  }

  @Override
  public void changed(InetSocketAddress peer, PeerState before, PeerState now) {
    Slot slot = slots.get(peer);
    if (slot != null && now == PeerState.REFUSED) {
      slot.refused = true;
    }
  }

  @Override
  public void drain(Sink sink) {
    for (Slot slot : slots.values()) {
      long sentAt = slot.sentAt;
      if (sentAt != slot.taken) {
        slot.taken = sentAt;
        sink.answered(slot.name, sentAt, slot.roundTrip, slot.epoch);
      }
      if (slot.refused) {
        slot.refused = false;
        sink.refused(slot.name);
      }
    }
  }
}
