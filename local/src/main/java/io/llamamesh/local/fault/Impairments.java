package io.llamamesh.local.fault;

import io.llamamesh.local.fault.Fault.Cut;
import io.llamamesh.local.fault.Fault.Down;
import io.llamamesh.local.fault.Fault.Impairment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Decides the fate of every datagram between nodes: pure but for the seeded choice of which are
 * lost.
 *
 * <p>{@link #delayOrLoss} belongs to the relay of probes, whose thread it is; all else is for any.
 */
public final class Impairments {
  /** The fate of a datagram that is lost. */
  public static final long LOST = -1;

  private final List<Impairment> impairments = new ArrayList<>();
  private final List<Cut> cuts = new ArrayList<>();
  private final Map<LossKey, EvenLoss> losses = new HashMap<>();
  private final Map<FabricWay, EvenLoss> fabricLosses = new ConcurrentHashMap<>();
  private final Set<String> down = ConcurrentHashMap.newKeySet();
  private volatile boolean cutting;

  public Impairments(List<Fault> faults) {
    for (Fault fault : faults) {
      switch (fault) {
        case Impairment impairment -> impairments.add(impairment);
        case Cut cut -> cuts.add(cut);
        case Down ignored -> {} // Only once the node has joined, see takeDown.
      }
    }
  }

  /** From now on cuts are in force: nodes must have met for it to be seen that they part. */
  public void beginCuts() {
    cutting = true;
  }

  /** From now on nothing to or from this node passes; any thread may call it. */
  public void takeDown(String node) {
    down.add(node);
  }

  /**
   * The delay of a datagram, or its loss.
   *
   * @param prober whose probe it is, or whose probe it answers
   * @param probed who is probed
   * @param sourcePort the flow's source port at the prober
   * @param answer whether it is on its way back
   * @return nanoseconds to hold it, or {@link #LOST}
   */
  public long delayOrLoss(String prober, String probed, int sourcePort, boolean answer) {
    if (!down.isEmpty() && (down.contains(prober) || down.contains(probed))) {
      return LOST;
    }
    if (answer ? isCut(probed, prober) : isCut(prober, probed)) {
      return LOST;
    }
    long delay = 0;
    for (int i = 0; i < impairments.size(); i++) {
      Impairment impairment = impairments.get(i);
      if (impairment.sourcePort().orElse(sourcePort) != sourcePort
          || !appliesTo(impairment, prober, probed, answer)) {
        continue;
      }
      if (impairment.loss() > 0 && isLost(i, impairment.loss(), prober, probed, sourcePort)) {
        return LOST;
      }
      delay += impairment.delay().toNanos();
    }
    return delay;
  }

  private boolean isCut(String sender, String receiver) {
    return cutting && cuts.stream().anyMatch(cut -> cut.blocks(sender, receiver));
  }

  /**
   * True when nothing of the fabric passes from one node to another. A fault between two named
   * nodes is on the path of the source's probes alone, and one of a source port on that port.
   */
  boolean blocksFabric(String sender, String receiver) {
    return down.contains(sender)
        || down.contains(receiver)
        || isCut(sender, receiver)
        || impairments.stream()
            .anyMatch(fault -> fault.loss() >= 1 && isOnAllOf(fault, sender, receiver));
  }

  /** True when a datagram of the fabric is lost: it is blocked, or of the share that is lost. */
  boolean losesFabricDatagram(String sender, String receiver) {
    if (blocksFabric(sender, receiver)) {
      return true;
    }
    for (int i = 0; i < impairments.size(); i++) {
      Impairment fault = impairments.get(i);
      if (fault.loss() > 0 && isOnAllOf(fault, sender, receiver)) {
        FabricWay way = new FabricWay(i, sender, receiver);
        EvenLoss loss =
            fabricLosses.computeIfAbsent(way, key -> new EvenLoss(fault.loss(), key.hashCode()));
        synchronized (loss) {
          if (loss.losesNext()) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** Nanoseconds by which the fabric's datagrams and bytes are late from one node to another. */
  long fabricDelay(String sender, String receiver) {
    return impairments.stream()
        .filter(fault -> isOnAllOf(fault, sender, receiver))
        .mapToLong(fault -> fault.delay().toNanos())
        .sum();
  }

  /** Whether a fault is on everything that goes from one node to another. */
  private static boolean isOnAllOf(Impairment fault, String sender, String receiver) {
    return fault.sourcePort().isEmpty()
        && (fault.source().equals(Fault.ANY) || fault.destination().equals(Fault.ANY))
        && matches(fault.source(), sender)
        && matches(fault.destination(), receiver);
  }

  private static boolean appliesTo(
      Impairment impairment, String prober, String probed, boolean answer) {
    boolean ofANode =
        impairment.source().equals(Fault.ANY) || impairment.destination().equals(Fault.ANY);
    if (!ofANode) {
      return !answer
          && impairment.source().equals(prober)
          && impairment.destination().equals(probed);
    }
    String sender = answer ? probed : prober;
    String receiver = answer ? prober : probed;
    return matches(impairment.source(), sender) && matches(impairment.destination(), receiver);
  }

  private static boolean matches(String wanted, String node) {
    return wanted.equals(Fault.ANY) || wanted.equals(node);
  }

  private boolean isLost(int index, double share, String prober, String probed, int sourcePort) {
    return losses
        .computeIfAbsent(
            new LossKey(index, prober, probed, sourcePort),
            key -> new EvenLoss(share, key.hashCode()))
        .losesNext();
  }

  private record LossKey(int index, String prober, String probed, int sourcePort) {}

  private record FabricWay(int index, String sender, String receiver) {}
}
