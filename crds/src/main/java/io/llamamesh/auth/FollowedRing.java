package io.llamamesh.auth;

import io.llamamesh.auth.KeyRing.Entry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A ring as one reader of its document sees it over time. Mounts of one Secret change at different
 * times, and a Secret that is made anew or restored from a backup may have nothing in common with
 * the one before. So an entry that the document no longer has is taken for another {@link
 * KeyRing#LINGER}, and one that has come is signed with once it has been known here for {@link
 * KeyRing#SPREAD}, as long as there is one to sign with until then.
 *
 * <p>What a reader has seen is lost with it: the first document is used as it is.
 *
 * <p>Guarantees: two readers that saw the same documents, each at its own times but no further
 * apart than SPREAD, take what the other signs with. Any thread may call.
 */
public final class FollowedRing {
  /** Two entries are the same where both agree: a fresh ring may have an old number. */
  private record Secret(int id, String key) {}

  private final Map<Secret, Instant> since = new HashMap<>();
  private final Map<Secret, Instant> goneSince = new HashMap<>();
  private final List<Entry> gone = new ArrayList<>();
  private KeyRing document;
  private @Nullable Entry signer;

  /** Starts with the first document. */
  public FollowedRing(KeyRing document, Instant now) {
    this.document = document;
    // All of it has been known for as long as anybody knows.
    for (Entry entry : document.entries()) {
      since.put(secret(entry), Instant.MIN);
    }
    this.signer = document.signing(now);
  }

  /** Takes what the document says now. */
  public synchronized void follow(KeyRing next, Instant now) {
    signing(now);
    for (Entry entry : document.entries()) {
      if (entry.isAccepted(now) && !has(next, entry)) {
        gone.add(entry.until(now.plus(KeyRing.LINGER)));
        goneSince.put(secret(entry), now);
      }
    }
    document = next;
    gone.removeIf(entry -> !entry.isAccepted(now) || has(next, entry));
    List<Entry> accepted = accepted(now);
    goneSince.keySet().removeIf(secret -> gone.stream().noneMatch(e -> secret(e).equals(secret)));
    since.keySet().removeIf(secret -> accepted.stream().noneMatch(e -> secret(e).equals(secret)));
    accepted.forEach(entry -> since.putIfAbsent(secret(entry), now));
  }

  /** All that are taken now, those of the document first. */
  public synchronized List<Entry> accepted(Instant now) {
    List<Entry> accepted = new ArrayList<>();
    document.entries().stream().filter(entry -> entry.isAccepted(now)).forEach(accepted::add);
    gone.stream().filter(entry -> entry.isAccepted(now)).forEach(accepted::add);
    return List.copyOf(accepted);
  }

  /** True when a token is one of those that are taken now; takes as long for a wrong one. */
  public boolean accepts(String token, Instant now) {
    return new KeyRing(accepted(now)).accepts(token, now);
  }

  /** The entry to sign with or to show now; null where all have expired. */
  public synchronized @Nullable Entry signing(Instant now) {
    Entry due = document.signing(now);
    Entry present = present(now);
    if (present == null || (due != null && maySign(due, present, now))) {
      signer = due;
      return due;
    }
    signer = present;
    return present;
  }

  /** The last signer, with the end that it has by now; null where it is not taken any more. */
  private @Nullable Entry present(Instant now) {
    Entry last = signer;
    return last == null
        ? null
        : accepted(now).stream()
            .filter(entry -> secret(entry).equals(secret(last)))
            .findFirst()
            .orElse(null);
  }

  /** True when every other reader takes it by now, and so did when the present one went. */
  private boolean maySign(Entry due, Entry present, Instant now) {
    return secret(due).equals(secret(present))
        || (hasPassed(since.get(secret(due)), now)
            && hasPassed(goneSince.get(secret(present)), now));
  }

  private static boolean hasPassed(@Nullable Instant from, Instant now) {
    return from == null || from.equals(Instant.MIN) || !now.isBefore(from.plus(KeyRing.SPREAD));
  }

  private static boolean has(KeyRing ring, Entry wanted) {
    return ring.entries().stream().anyMatch(entry -> secret(entry).equals(secret(wanted)));
  }

  private static Secret secret(Entry entry) {
    return new Secret(entry.id(), Objects.requireNonNull(entry.key()));
  }
}
