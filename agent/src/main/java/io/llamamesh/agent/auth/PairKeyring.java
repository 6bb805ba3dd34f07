package io.llamamesh.agent.auth;

import io.llamamesh.agent.net.Ip;
import io.llamamesh.agent.wire.PairKey;
import io.llamamesh.agent.wire.PairSigners;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.SenderTable;
import io.llamamesh.auth.KeyRing;
import io.llamamesh.keys.KeyDerivation;
import io.llamamesh.keys.NodeKeys;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keys of the pairs of this node: those that its reflector takes, derived from its own keys and the
 * senders' names, and those that its collector may sign with. What a newer document has no more is
 * taken for another {@link #LINGER}, until the senders have learned of it too.
 *
 * <p>Any thread may call.
 */
final class PairKeyring {

  /** The time for which a key is taken that has gone from the document. */
  static final Duration LINGER = Duration.ofMinutes(15);

  /** What makes the key of a pair whose receiver this node is. */
  private record Claim(String ownKey, String sender, String generation) {
    /** Never the key: this may end up in a log. */
    @Override
    public String toString() {
      return "Claim[" + sender + "]";
    }
  }

  /**
   * A key that is taken.
   *
   * @param until when it is taken no more; null for no end yet
   */
  private record Taken(PairKey key, List<InetAddress> addresses, @Nullable Instant until) {}

  private final PairSigners signers = new PairSigners();
  private final Map<Claim, Taken> taken = new LinkedHashMap<>();
  private final Map<String, PairKey> made = new HashMap<>();
  private @Nullable NodeKeys held;
  private boolean signing;
  private Set<String> targets = Set.of();
  private volatile SenderTable senders = SenderTable.NONE;
  private volatile Composed composed = new Composed(ProbeKeys.NONE, SenderTable.NONE, signers);

  /** Keys of the mesh, and with them those of pairs: one object for as long as both stay. */
  private record Composed(ProbeKeys mesh, SenderTable senders, ProbeKeys all) {
    Composed(ProbeKeys mesh, SenderTable senders, PairSigners signers) {
      this(mesh, senders, mesh.withPairs(senders, signers));
    }
  }

  /** The keys of the mesh and of pairs. */
  ProbeKeys with(ProbeKeys mesh) {
    Composed now = composed;
    SenderTable present = senders;
    if (now.mesh() != mesh || now.senders() != present) {
      now = new Composed(mesh, present, signers);
      composed = now;
    }
    return now.all();
  }

  /** Number of targets whose probes are signed by a key of the pair. */
  int provenTargets() {
    return signers.proven();
  }

  /** Number of targets that are probed by name. */
  int namedTargets() {
    return signers.size();
  }

  /** Number of keys by which senders are known. */
  int senderKeys() {
    return senders.size();
  }

  /** Returns whether the config asks for keys of pairs. */
  synchronized boolean isSigning() {
    return signing;
  }

  /**
   * Sets whether probes are signed by keys of pairs, and whether nothing else counts for who signs
   * by them; such keys are taken either way.
   *
   * @param names of those that are probed. Who is none of them and returns may have come with other
   *     keys, as a node that was made anew has: it is tested again before a key of the pair signs
   */
  synchronized void setSigning(boolean wanted, Set<String> names, Instant now) {
    boolean isOther = signing != wanted;
    if (isOther) {
      signing = wanted;
      publish();
    }
    if (isOther || !targets.equals(names)) {
      targets = Set.copyOf(names);
      offer(now);
    }
  }

  /** Takes the keys of a document. */
  synchronized void follow(NodeKeys next, Instant now) {
    held = next;
    Set<Claim> present = new HashSet<>();
    for (KeyRing.Entry own : next.keys()) {
      if (own.isAccepted(now)) {
        byte[] key = Base64.getDecoder().decode(own.key());
        next.senders()
            .forEach((name, sender) -> {
              Claim claim = new Claim(own.key(), name, sender.generation());
              present.add(claim);
              taken.put(claim, taken(claim, key, sender.addresses(), own.acceptUntil()));
            });
      }
    }
    Instant end = now.plus(LINGER);
    taken.replaceAll((claim, each) ->
        present.contains(claim) || (each.until() != null && each.until().isBefore(end))
            ? each
            : new Taken(each.key(), each.addresses(), end));
    taken.values().removeIf(each -> hasEnded(each, now));
    made.keySet().retainAll(pairSecrets(next));
    publish();
    offer(now);
  }

  private Taken taken(
      Claim claim, byte[] own, List<String> addresses, @Nullable Instant acceptUntil) {
    Taken known = taken.get(claim);
    PairKey key =
        known == null
            ? pairKey(KeyDerivation.pair(own, claim.sender(), claim.generation()))
            : known.key();
    return new Taken(
        key,
        addresses.stream().map(PairKeyring::address).filter(Objects::nonNull).toList(),
        acceptUntil);
  }

  private static @Nullable InetAddress address(String text) {
    try {
      return InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException e) {
      return null; // of a later version, perhaps; nothing comes from it here
    }
  }

  private static PairKey pairKey(byte[] secret) {
    return new PairKey(KeyDerivation.number(secret), secret);
  }

  private static boolean hasEnded(Taken key, Instant now) {
    return key.until() != null && !now.isBefore(key.until());
  }

  /** Lets go what has ended, and signs by what has begun. */
  synchronized void refresh(Instant now) {
    if (taken.values().removeIf(each -> hasEnded(each, now))) {
      publish();
    }
    offer(now);
  }

  private void publish() {
    List<SenderTable.Sender> list = new ArrayList<>();
    for (Taken each : taken.values()) {
      long[] halves = new long[2 * each.addresses().size()];
      int at = 0;
      for (InetAddress address : each.addresses()) {
        halves[at++] = Ip.high(address);
        halves[at++] = Ip.low(address);
      }
      list.add(new SenderTable.Sender(each.key(), halves));
    }
    senders = list.isEmpty() ? SenderTable.NONE : new SenderTable(list, signing);
  }

  private void offer(Instant now) {
    Map<String, List<PairKey>> offered = new HashMap<>();
    NodeKeys present = held;
    if (signing && present != null) {
      present
          .pairs()
          .forEach((name, entries) -> {
            KeyRing ring = new KeyRing(entries);
            KeyRing.Entry wanted = targets.contains(name) ? ring.signing(now) : null;
            if (wanted != null) {
              List<PairKey> keys = new ArrayList<>(List.of(made(wanted)));
              for (KeyRing.Entry entry : entries) {
                if (entry.isAccepted(now) && !entry.equals(wanted)) {
                  keys.add(made(entry));
                }
              }
              offered.put(name, List.copyOf(keys));
            }
          });
    }
    signers.offer(offered, now);
  }

  /** Derived once for each key: this is looked at every ten seconds. */
  private PairKey made(KeyRing.Entry entry) {
    return made.computeIfAbsent(entry.key(), secret -> pairKey(Base64.getDecoder().decode(secret)));
  }

  private static Set<String> pairSecrets(NodeKeys keys) {
    Set<String> secrets = new HashSet<>();
    keys.pairs().values().forEach(list -> list.forEach(entry -> secrets.add(entry.key())));
    return secrets;
  }
}
