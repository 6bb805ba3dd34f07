package io.llamamesh.auth;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
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
 * <p>Its document is a JSON list of {@code {id, key, signFrom, acceptUntil}}.
 *
 * @param entries oldest first
 */
public record KeyRing(List<Entry> entries) {
  /** The file, and the entry of a mesh's Secret, that holds the keys of probes. */
  public static final String KEYS_FILE = "keys.json";

  /** The file, and the entry of a mesh's Secret, that holds the tokens of the API. */
  public static final String TOKENS_FILE = "tokens.json";

  /** Time for every mount to have the new one before anyone signs with it. */
  static final Duration SPREAD = Duration.ofMinutes(10);

  /**
   * The time for which one is still taken that has gone from its document: until everybody has
   * noticed, and signed with another for a while.
   */
  static final Duration LINGER = Duration.ofMinutes(30);

  /** The time for which an old one is still taken. */
  private static final Duration OVERLAP = Duration.ofHours(24);

  /** The wire has one byte for it, and 0 means none. */
  private static final int MAX_ID = 255;

  private static final int MAX_BYTES = 1 << 20;

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
    /** True when it is taken now. */
    public boolean isAccepted(Instant now) {
      return acceptUntil == null || now.isBefore(acceptUntil);
    }

    /** The same, taken no longer than until then. */
    Entry until(Instant end) {
      return acceptUntil != null && acceptUntil.isBefore(end)
          ? this
          : new Entry(id, key, signFrom, end);
    }

    /** The same, signed with no earlier than then. */
    Entry from(Instant start) {
      return signFrom.isBefore(start) ? new Entry(id, key, start, acceptUntil) : this;
    }

    private boolean isSame(Entry other) {
      return id == other.id && key.equals(other.key);
    }

    /** Never the secret itself: this may end up in a log. */
    @Override
    public String toString() {
      return "Entry[id=" + id + ", signFrom=" + signFrom + ", acceptUntil=" + acceptUntil + "]";
    }
  }

  /**
   * Reads a file.
   *
   * @throws IOException where it is not there, too long, or no list of keys; the message never
   *     quotes what it holds
   */
  public static KeyRing read(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    }
    if (bytes.length > MAX_BYTES) {
      throw new IOException(file + " is longer than " + MAX_BYTES + " bytes");
    }
    try {
      return parse(bytes);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage());
    }
  }

  /**
   * Reads the document.
   *
   * @throws IllegalArgumentException where it is none; the message never quotes what it holds
   */
  public static KeyRing parse(byte[] json) {
    @Nullable List<@Nullable Entry> read;
    try {
      read = ResultsJson.mapper().readValue(json, new TypeReference<>() {});
    } catch (IOException e) {
      // The parser's message quotes what it read.
      throw new IllegalArgumentException("it is no JSON list of keys");
    }
    if (read == null) {
      throw new IllegalArgumentException("it is no JSON list of keys");
    }
    List<Entry> entries = new ArrayList<>();
    for (Entry entry : read) {
      if (entry == null || isIncomplete(entry)) {
        throw new IllegalArgumentException("every key needs id, key and signFrom");
      }
      entries.add(entry);
    }
    return new KeyRing(entries);
  }

  // Jackson leaves null what the document does not say.
  @SuppressWarnings("ConstantValue")
  private static boolean isIncomplete(Entry entry) {
    return entry.key() == null || entry.key().isEmpty() || entry.signFrom() == null;
  }

  /** The document. */
  public byte[] toJson() {
    try {
      return ResultsJson.mapper().writeValueAsString(entries).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a ring must be writable", e);
    }
  }

  /**
   * The entry to sign with or to show now: the newest whose time has come. Where none's has, the
   * first to come: a clock that is behind the operator's must not shut its node out of a new mesh.
   * Null where all have expired.
   */
  public @Nullable Entry signing(Instant now) {
    Entry chosen = null;
    for (Entry entry : entries) {
      if (entry.isAccepted(now) && (chosen == null || isBetter(entry, chosen, now))) {
        chosen = entry;
      }
    }
    return chosen;
  }

  private static boolean isBetter(Entry entry, Entry than, Instant now) {
    boolean due = !now.isBefore(entry.signFrom());
    return due
        ? now.isBefore(than.signFrom()) || !entry.signFrom().isBefore(than.signFrom())
        : entry.signFrom().isBefore(than.signFrom());
  }

  /** True when a token is one of those that are taken now; takes as long for a wrong one. */
  public boolean accepts(String token, Instant now) {
    byte[] given = token.getBytes(StandardCharsets.UTF_8);
    boolean found = false;
    for (Entry entry : entries) {
      boolean same = MessageDigest.isEqual(entry.key().getBytes(StandardCharsets.UTF_8), given);
      found |= same && entry.isAccepted(now);
    }
    return found;
  }

  /**
   * A ring of one, to be used at once.
   *
   * @param id its number: should there have been another ring, it had best be another one
   * @param secret makes a secret for an id
   */
  public static KeyRing first(int id, Instant now, IntFunction<String> secret) {
    return new KeyRing(
        List.of(new Entry(id, secret.apply(id), now.truncatedTo(ChronoUnit.SECONDS), null)));
  }

  /** The ring with a new secret; those still in use expire later, those expired go. */
  public KeyRing rotated(Instant now, IntFunction<String> secret) {
    return withNew(now, OVERLAP, secret);
  }

  /**
   * The ring in this one's place when its document has been lost: as a rotation, but the old ones
   * go sooner, since a document is also removed to be rid of them.
   */
  public KeyRing replaced(Instant now, IntFunction<String> secret) {
    return withNew(now, LINGER, secret);
  }

  private KeyRing withNew(Instant now, Duration overlap, IntFunction<String> secret) {
    Instant second = now.truncatedTo(ChronoUnit.SECONDS);
    List<Entry> next = new ArrayList<>();
    for (Entry entry : entries) {
      if (entry.isAccepted(now)) {
        next.add(entry.until(second.plus(overlap)));
      }
    }
    int id = freeId(next);
    next.add(new Entry(id, secret.apply(id), second.plus(SPREAD), null));
    return new KeyRing(next);
  }

  /** The number after the last one's that none of these has, and where all are in use, the next. */
  private int freeId(List<Entry> used) {
    int next = entries.isEmpty() ? 1 : entries.getLast().id() % MAX_ID + 1;
    for (int i = 0; i < MAX_ID; i++) {
      int id = (next - 1 + i) % MAX_ID + 1;
      if (used.stream().noneMatch(entry -> entry.id() == id)) {
        return id;
      }
    }
    return next;
  }

  /**
   * This ring, whose document has taken the place of another one's without being made of it, as
   * from a backup: what that one still took is taken for a while, and what is new to it signs later
   * than at once. The same ring where nothing is lost and nothing new.
   */
  public KeyRing inPlaceOf(KeyRing before, Instant now) {
    Instant second = now.truncatedTo(ChronoUnit.SECONDS);
    Entry signed = before.signing(now);
    Entry signs = signing(now);
    if (signed == null || signs == null) {
      return this;
    }
    List<Entry> next = new ArrayList<>();
    for (Entry entry : before.entries()) {
      if (entry.isAccepted(now) && !has(entry)) {
        Instant end = second.plus(LINGER);
        // One that did not sign yet never will.
        next.add((entry.isSame(signed) ? entry : entry.from(end)).until(end));
      }
    }
    for (Entry entry : entries) {
      boolean known =
          !entry.isAccepted(now)
              || before.entries().stream().anyMatch(e -> e.isSame(entry) && e.isAccepted(now));
      boolean takesOver = entry.isSame(signs) && !has(signed);
      next.add(known && !takesOver ? entry : entry.from(second.plus(SPREAD)));
    }
    return new KeyRing(next);
  }

  private boolean has(Entry wanted) {
    return entries.stream().anyMatch(wanted::isSame);
  }
}
