package io.llamamesh.operator.resources;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Secrets of one kind (probe keys, or API tokens), old and new: whoever signs uses the newest whose
 * {@code signFrom} has passed, whoever checks takes every one that has not expired. So a rotation
 * reaches mounts that refresh at different times without anyone refusing anyone.
 *
 * @param entries oldest first
 */
public record KeyRing(List<Entry> entries) {
  /** Time for every mount to have the new one before anyone signs with it. */
  static final Duration SPREAD = Duration.ofMinutes(10);

  /** How long an old one is still taken. */
  static final Duration OVERLAP = Duration.ofHours(24);

  /** The wire has one byte for it, and 0 means none. */
  private static final int MAX_ID = 255;

  public KeyRing {
    entries = List.copyOf(entries);
  }

  /**
   * One secret.
   *
   * @param id 1 to 255, carried by what is signed
   * @param key the secret, base64
   * @param signFrom when it may be signed with
   * @param acceptUntil until when it is taken; absent: for good
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonPropertyOrder({"id", "key", "signFrom", "acceptUntil"})
  public record Entry(int id, String key, Instant signFrom, @Nullable Instant acceptUntil) {
    /** Never the secret itself: this may end up in a log. */
    @Override
    public String toString() {
      return "Entry[id=" + id + ", signFrom=" + signFrom + ", acceptUntil=" + acceptUntil + "]";
    }
  }

  /**
   * A ring of one, to be used at once.
   *
   * @param secret makes a secret for an id
   */
  static KeyRing first(Instant now, IntFunction<String> secret) {
    return new KeyRing(
        List.of(new Entry(1, secret.apply(1), now.truncatedTo(ChronoUnit.SECONDS), null)));
  }

  /** The ring with a new secret; those still in use expire later, those expired go. */
  KeyRing rotated(Instant now, IntFunction<String> secret) {
    Instant second = now.truncatedTo(ChronoUnit.SECONDS);
    List<Entry> next = new ArrayList<>();
    for (Entry entry : entries) {
      Instant until = entry.acceptUntil();
      if (until == null) {
        next.add(new Entry(entry.id(), entry.key(), entry.signFrom(), second.plus(OVERLAP)));
      } else if (until.isAfter(now)) {
        next.add(entry);
      }
    }
    int id = entries.isEmpty() ? 1 : entries.getLast().id() % MAX_ID + 1;
    next.add(new Entry(id, secret.apply(id), second.plus(SPREAD), null));
    return new KeyRing(next);
  }
}
