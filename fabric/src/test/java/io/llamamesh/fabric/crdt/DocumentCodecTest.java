package io.llamamesh.fabric.crdt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.fabric.codec.CodecException;
import io.llamamesh.fabric.testing.Cases;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DocumentCodecTest {

  @Test
  void whatIsEncodedIsDecodedAndEqualDocumentsHaveEqualBytes() {
    Cases.seeds(400)
        .forEach(seed -> {
          Replicas replicas = Replicas.played(Cases.random(seed), 3, 30);
          List<Document> all = new ArrayList<>(replicas.documents());
          all.addAll(replicas.deltas());
          for (Document document : all) {
            byte[] bytes = DocumentCodec.encode(document);
            Document decoded = decode(bytes);
            assertThat(decoded).as("seed %d", seed).isEqualTo(document);
            assertThat(DocumentCodec.encode(decoded)).as("seed %d", seed).isEqualTo(bytes);
          }
          Document ab = replicas.documents().get(0).join(replicas.documents().get(1));
          Document ba = replicas.documents().get(1).join(replicas.documents().get(0));
          assertThat(DocumentCodec.encode(ab))
              .as("seed %d", seed)
              .isEqualTo(DocumentCodec.encode(ba));
        });
  }

  /** Either refused, or a document that holds all bounds and comes back the same. */
  @Test
  void damagedBytesAreRefusedOrAnotherSoundDocument() {
    Cases.seeds(400)
        .forEach(seed -> {
          SplittableRandom random = Cases.random(seed);
          byte[] bytes = DocumentCodec.encode(Replicas.played(random, 3, 30).joined());
          for (int i = 0; i < 20; i++) {
            byte[] damaged = bytes.clone();
            for (int j = 0; j <= random.nextInt(3); j++) {
              damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            try {
              Document document = DocumentCodec.decode(damaged);
              assertThat(decode(DocumentCodec.encode(document))).isEqualTo(document);
            } catch (CodecException e) {
              assertThat(e).hasMessageMatching("(?s).+");
            }
          }
        });
  }

  @Test
  void everyPrefixIsRefused() {
    byte[] bytes = DocumentCodec.encode(Replicas.played(Cases.random(7), 3, 60).joined());
    for (int length = 0; length < bytes.length; length++) {
      byte[] prefix = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> DocumentCodec.decode(prefix)).isInstanceOf(CodecException.class);
    }
  }

  @Test
  void anotherVersionIsNamed() {
    byte[] bytes = DocumentCodec.encode(Document.EMPTY);
    bytes[0] = 2;
    assertThatThrownBy(() -> DocumentCodec.decode(bytes))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("version 2");
  }

  @Test
  void aLengthBeyondTheBytesIsRefusedBeforeAnythingIsAllocated() {
    byte[] huge = {1, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f};
    assertThatThrownBy(() -> DocumentCodec.decode(huge)).isInstanceOf(CodecException.class);
  }

  private static Document decode(byte[] bytes) {
    try {
      return DocumentCodec.decode(bytes);
    } catch (CodecException e) {
      throw new AssertionError(e);
    }
  }
}
