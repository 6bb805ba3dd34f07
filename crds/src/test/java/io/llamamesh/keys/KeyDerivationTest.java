package io.llamamesh.keys;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Keys from a master: the same for ever, and of each name another one. */
final class KeyDerivationTest {
  private static final byte[] MASTER = new byte[KeyDerivation.MASTER_BYTES];

  /** The figures are by another implementation (Python's hmac). */
  @Test
  void theKeysOfAReleaseAreThoseOfTheNext() {
    byte[] node = KeyDerivation.node(MASTER, "uid", "node-1", "0");

    assertThat(hex(node))
        .isEqualTo("b751724bf98fb705a57058cf2bedb7381f60fa9543744f80624539d80f8d3f7b");
    assertThat(hex(KeyDerivation.pair(node, "node-2", "0")))
        .isEqualTo("cf30ffd203527e1fefd6964ba78edee4");
    assertThat(KeyDerivation.readToken(node))
        .isEqualTo("iA-abR8CSDhwrYG3KcGXbTblozT0eIsPNxoTcwmGR8E");
    assertThat(KeyDerivation.postToken(node))
        .isEqualTo("eLf-JaQgJuao5fbRVID1Yv9UdtNi2dn7Tp89CMNBCRE");
    assertThat(KeyDerivation.hash("abc"))
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }

  @Test
  void masterMeshNameAndGenerationEachMakeAnotherKey() {
    byte[] other = MASTER.clone();
    other[31] = 1;
    List<byte[]> keys =
        List.of(
            KeyDerivation.node(MASTER, "uid", "node-1", "0"),
            KeyDerivation.node(other, "uid", "node-1", "0"),
            KeyDerivation.node(MASTER, "uid2", "node-1", "0"),
            KeyDerivation.node(MASTER, "uid", "node-2", "0"),
            KeyDerivation.node(MASTER, "uid", "node-1", "1"));

    assertThat(distinct(keys)).hasSize(keys.size());
  }

  @Test
  void namesThatReadTheSameInARowDoNotMeet() {
    List<byte[]> keys =
        List.of(
            KeyDerivation.node(MASTER, "uid", "ab", "c"),
            KeyDerivation.node(MASTER, "uid", "a", "bc"),
            KeyDerivation.node(MASTER, "uida", "b", "c"),
            KeyDerivation.node(MASTER, "uid", "ab\0\1", "c"));

    assertThat(distinct(keys)).hasSize(keys.size());
  }

  @Test
  void aPairHasAKeyForEachDirectionAndSender() {
    byte[] a = KeyDerivation.node(MASTER, "uid", "a", "0");
    byte[] b = KeyDerivation.node(MASTER, "uid", "b", "0");
    List<byte[]> keys =
        List.of(
            KeyDerivation.pair(b, "a", "0"),
            KeyDerivation.pair(a, "b", "0"),
            KeyDerivation.pair(b, "c", "0"),
            KeyDerivation.pair(b, "a", "1"));

    assertThat(keys).allSatisfy(key -> assertThat(key).hasSize(16));
    assertThat(distinct(keys)).hasSize(keys.size());
  }

  @Test
  void whatOpensANodesApiDoesNotPostForIt() {
    byte[] node = KeyDerivation.node(MASTER, "uid", "a", "0");

    assertThat(KeyDerivation.readToken(node)).isNotEqualTo(KeyDerivation.postToken(node));
  }

  private static Set<String> distinct(List<byte[]> keys) {
    return new HashSet<>(keys.stream().map(KeyDerivationTest::hex).toList());
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(Arrays.copyOf(bytes, bytes.length));
  }
}
