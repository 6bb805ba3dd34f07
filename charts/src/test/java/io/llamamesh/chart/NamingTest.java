package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.testkit.chart.Chart;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import org.junit.jupiter.api.Test;

/**
 * Names of all modules: what returns a boolean reads as a predicate, and a class is found by its
 * name.
 */
class NamingTest {
  /** A source that is given. */
  private static final class Text extends SimpleJavaFileObject {
    private final String text;

    Text(String name, String text) {
      super(URI.create("memory:///" + name), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  private static NamingRules ofAllModules() throws IOException {
    List<Text> sources;
    try (Stream<Path> files =
        Files.find(
            Chart.ROOT,
            20,
            (path, attributes) ->
                path.toString().matches(".*/src/main/java/.*[.]java")
                    && !path.endsWith("package-info.java"))) {
      sources = files.map(NamingTest::read).toList();
    }
    assertThat(sources).hasSizeGreaterThan(600);
    return NamingRules.of(sources);
  }

  private static Text read(Path file) {
    try {
      return new Text(Chart.ROOT.relativize(file).toString(), Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void booleanMethodsReadAsPredicates() throws IOException {
    NamingRules rules = ofAllModules();
    assertThat(rules.booleanMethods()).hasSizeGreaterThan(80);
    assertThat(rules.noPredicates())
        .as("name it isX, hasX, canX, a verb in the third person, or tryX for a command")
        .isEmpty();
  }

  @Test
  void noSimpleNameStandsTwice() throws IOException {
    NamingRules rules = ofAllModules();
    assertThat(rules.types()).hasSizeGreaterThan(600);
    assertThat(rules.ambiguousTypes())
        .as("give the one that came later a more specific name")
        .isEmpty();
  }

  private static NamingRules of(String... sources) throws IOException {
    List<JavaFileObject> texts =
        Stream.of(sources).<JavaFileObject>map(source -> new Text("A.java", source)).toList();
    return NamingRules.of(texts);
  }

  @Test
  void aBooleanMethodOfAPublicTypeThatIsNoPredicateIsFound() throws IOException {
    NamingRules rules =
        of(
            """
            package p;

            public interface A {
              boolean empty();

              private boolean hidden() {
                return true;
              }

              boolean isEmpty();

              boolean startsWith(String text);

              boolean tryTake();

              boolean process();

              record B(boolean whole) {
                public boolean news() {
                  return false;
                }

                public boolean equal() {
                  return false;
                }

                @Override
                public boolean overridden() {
                  return false;
                }

                boolean notOurs() {
                  return false;
                }
              }
            }
            """,
            """
            package p;

            final class Hidden {
              public boolean empty() {
                return true;
              }

              public static final class Inner {
                public boolean empty() {
                  return true;
                }
              }
            }
            """);
    assertThat(rules.noPredicates()).containsExactly("p.A#empty", "p.A#process", "p.B#equal");
  }

  @Test
  void aTopLevelNameInTwoPackagesIsFoundAndANestedOneIsNot() throws IOException {
    NamingRules rules =
        of(
            "package p; class Twice { class Nested {} }",
            "package q; record Twice() {}",
            "package r; enum Nested {}");
    assertThat(rules.ambiguousTypes()).containsExactly("Twice in [p, q]");
  }
}
