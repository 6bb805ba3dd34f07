package io.llamamesh.auth;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Credentials of programs that use what agents share: each a token of its own, of which only the
 * SHA-256 is known here, and the prefixes of keys and topics that it opens. Others' keys stay
 * closed to it, and so does the rest of an agent's API.
 *
 * <p>Its document is a JSON list of {@code {name, sha256, read, write, members}}.
 *
 * @param grants in the order of the document
 */
public record ProgramGrants(List<Grant> grants) {

  /** The file, beside keys and tokens, that holds them. */
  public static final String FILE = "programs.json";

  /** No program has a credential. */
  public static final ProgramGrants NONE = new ProgramGrants(List.of());

  private static final int MAX_BYTES = 64 << 10;
  private static final int MAX_GRANTS = 64;
  private static final int MAX_PREFIXES = 16;
  private static final int MAX_PREFIX_BYTES = 512;
  private static final int MAX_PARTS = 8;
  private static final int MAX_NAME = 64;
  private static final int HASH_BYTES = 32;
  private static final ObjectReader READER =
      ResultsJson.mapper()
          .readerFor(new TypeReference<List<@Nullable Grant>>() {})
          .with(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private static final String ANY = "*";
  private static final String ANY_REST = "**";

  /** The hash of a token's file that is empty. */
  private static final byte[] HASH_OF_NOTHING = hash("");

  public ProgramGrants {
    grants = List.copyOf(grants);
  }

  /**
   * What one program may do.
   *
   * @param name of the program, for people
   * @param sha256 hash of its token, in hexadecimal digits
   * @param read prefixes of keys and topics that it may read and watch; null for none
   * @param write the same that it may also write and send to; null for none
   * @param members whether it may read members, routes and partitions; null for false
   */
  public record Grant(
      String name,
      String sha256,
      @Nullable List<String> read,
      @Nullable List<String> write,
      @Nullable Boolean members) {

    /** A grant with its parts checked. */
    public Grant {
      if (name == null || name.isBlank() || name.length() > MAX_NAME) {
        throw new IllegalArgumentException("name must have 1 to " + MAX_NAME + " characters");
      }
      if (sha256 == null || !sha256.matches("[0-9a-fA-F]{" + 2 * HASH_BYTES + "}")) {
        throw new IllegalArgumentException(
            "sha256 of " + name + " must be the SHA-256 of its token, 64 hexadecimal digits");
      }
      if (MessageDigest.isEqual(HexFormat.of().parseHex(sha256), HASH_OF_NOTHING)) {
        throw new IllegalArgumentException("sha256 of " + name + " is that of an empty token");
      }
      read = checked(name, "read", read);
      write = checked(name, "write", write);
    }

    private static List<String> checked(
        String name, String field, @Nullable List<String> prefixes) {
      List<String> all = prefixes == null ? List.of() : List.copyOf(prefixes);
      if (all.size() > MAX_PREFIXES) {
        throw new IllegalArgumentException(
            field + " of " + name + " has more than " + MAX_PREFIXES + " prefixes");
      }
      for (String prefix : all) {
        List<String> parts = parts(prefix);
        boolean isWrong =
            prefix.getBytes(StandardCharsets.UTF_8).length > MAX_PREFIX_BYTES
                || parts.size() > MAX_PARTS
                || parts.stream().anyMatch(part -> part.isEmpty() || part.equals(ANY_REST));
        if (isWrong || parts.stream().anyMatch(part -> part.contains(ANY) && !part.equals(ANY))) {
          throw new IllegalArgumentException(
              field
                  + " of "
                  + name
                  + " must be 1 to "
                  + MAX_PARTS
                  + " parts with slashes between them, * for any one part, was '"
                  + prefix
                  + "'");
        }
      }
      return all;
    }

    /**
     * Returns whether all keys of a pattern may be read.
     *
     * @param pattern a key, a topic, or a pattern of keys
     */
    public boolean isReadable(String pattern) {
      return covers(read, pattern) || covers(write, pattern);
    }

    /**
     * Returns whether a key may be written, or a topic sent to.
     *
     * @param name the key or topic
     */
    public boolean isWritable(String name) {
      return covers(write, name);
    }

    /** Returns whether it may read members, routes and partitions. */
    public boolean canReadMembers() {
      return members != null && members;
    }

    private static boolean covers(@Nullable List<String> prefixes, String pattern) {
      List<String> parts = parts(pattern);
      return prefixes != null && prefixes.stream().anyMatch(prefix -> covers(parts(prefix), parts));
    }

    /** True when every part of the prefix takes whatever the pattern has at its place. */
    private static boolean covers(List<String> prefix, List<String> pattern) {
      if (pattern.size() < prefix.size()) {
        return false;
      }
      for (int i = 0; i < prefix.size(); i++) {
        String asked = pattern.get(i);
        boolean isTaken = prefix.get(i).equals(ANY) || prefix.get(i).equals(asked);
        if (!isTaken || asked.equals(ANY_REST)) {
          return false;
        }
      }
      return true;
    }

    private static List<String> parts(String text) {
      return List.of(text.split("/", -1));
    }
  }

  /** The grant of a token; null where no program has it. Compared in constant time. */
  public @Nullable Grant find(String token) {
    byte[] hash = hash(token);
    Grant found = null;
    for (Grant grant : grants) {
      if (MessageDigest.isEqual(hash, HexFormat.of().parseHex(grant.sha256()))) {
        found = grant;
      }
    }
    return found;
  }

  private static byte[] hash(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /**
   * Reads a document; none where the file is not there.
   *
   * @throws IOException where it is too long, or not such a list; the message says what is wrong
   */
  public static ProgramGrants read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return NONE;
    }
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    }
    return parse(file.toString(), bytes);
  }

  /**
   * Parses a document.
   *
   * @param source where it is from, for the message
   * @throws IOException as {@link #read} does
   */
  public static ProgramGrants parse(String source, byte[] document) throws IOException {
    if (document.length > MAX_BYTES) {
      throw new IOException(source + " has more than " + MAX_BYTES + " bytes");
    }
    List<@Nullable Grant> grants = new ArrayList<>();
    try {
      List<@Nullable Grant> read = READER.readValue(document);
      grants.addAll(read == null ? List.of() : read);
    } catch (JsonProcessingException e) {
      throw new IOException(source + " is no list of programs: " + reason(e), e);
    }
    if (grants.size() > MAX_GRANTS) {
      throw new IOException(source + " has more than " + MAX_GRANTS + " programs");
    }
    List<Grant> all = new ArrayList<>();
    Set<String> hashes = new HashSet<>();
    for (Grant grant : grants) {
      if (grant == null) {
        throw new IOException(source + " has an entry that is null");
      }
      if (!hashes.add(grant.sha256().toLowerCase(Locale.ROOT))) {
        throw new IOException(source + " has one sha256 twice: of " + grant.name());
      }
      all.add(grant);
    }
    return new ProgramGrants(all);
  }

  /**
   * Reason of a refusal. Of a document that is no JSON nothing is quoted: it may be a token that
   * was put in its place, and this goes into logs and a mesh's status.
   */
  private static String reason(JsonProcessingException e) {
    if (e.getCause() instanceof IllegalArgumentException refused) {
      return String.valueOf(refused.getMessage());
    }
    if (e instanceof UnrecognizedPropertyException unknown) {
      return "unknown field '" + unknown.getPropertyName() + "'";
    }
    JsonLocation at = e.getLocation();
    return "it must be a JSON list of {name, sha256, read, write, members}"
        + (at == null || at.getLineNr() < 1
            ? ""
            : "; see line " + at.getLineNr() + ", column " + at.getColumnNr());
  }
}
