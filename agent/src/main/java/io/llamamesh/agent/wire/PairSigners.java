package io.llamamesh.agent.wire;

import java.lang.ref.WeakReference;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Signers of the probes to all targets, shared by what probes in this process: a burst signs by
 * what has been proven for the measurement. Kept for as long as somebody uses them.
 *
 * <p>Any thread may call.
 */
public final class PairSigners {

  private record Target(String name, InetSocketAddress address) {}

  private record Offer(Map<String, List<PairKey>> keys, Instant at) {}

  private final Map<Target, WeakReference<PairSigner>> signers = new ConcurrentHashMap<>();
  private Offer last = new Offer(Map.of(), Instant.EPOCH);

  /** The signer of a target at an address. */
  public synchronized PairSigner of(String name, InetSocketAddress address) {
    Target target = new Target(name, address);
    WeakReference<PairSigner> kept = signers.get(target);
    PairSigner signer = kept == null ? null : kept.get();
    if (signer == null) {
      signer = new PairSigner();
      signers.put(target, new WeakReference<>(signer));
      signer.offer(last.keys().getOrDefault(name, List.of()), last.at());
    }
    return signer;
  }

  /**
   * Takes the keys that may sign, of each target the one wanted first.
   *
   * @param keys by the target's name
   */
  public synchronized void offer(Map<String, List<PairKey>> keys, Instant now) {
    last = new Offer(Map.copyOf(keys), now);
    signers.values().removeIf(kept -> kept.get() == null);
    signers.forEach((target, kept) -> {
      PairSigner signer = kept.get();
      if (signer != null) {
        signer.offer(keys.getOrDefault(target.name(), List.of()), now);
      }
    });
  }

  /** Number of targets whose probes are signed by a key of the pair. */
  public int proven() {
    int proven = 0;
    for (WeakReference<PairSigner> kept : signers.values()) {
      @Nullable PairSigner signer = kept.get();
      proven += signer != null && signer.isProven() ? 1 : 0;
    }
    return proven;
  }

  /** Number of targets that are probed by name. */
  public int size() {
    return signers.size();
  }
}
