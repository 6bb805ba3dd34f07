package io.llamamesh.operator.main;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

final class ImportCommandTest {
  private static final String REST =
      """
      ports: {default: {timeout: 1000}}
      port_groups: {default: [{port: default, count: 4}]}
      rate_limits: {default: {cps: 4.0}}
      tests: [{targets: default, port_group: default, rate_limit: default}]
      """;

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void aFullLlamaConfigurationBecomesAMesh() throws IOException {
    int code =
        run(
            """
            summarization: {interval: 10, handlers: 2}
            api: {bind: '0.0.0.0:8100'}
            ports: {Fast_Lane: {ip: 0.0.0.0, port: 0, tos: 184, timeout: 500}}
            port_groups: {default: [{port: Fast_Lane, count: 4}]}
            rate_limits: {default: {cps: 4.0}}
            tests: [{targets: default, port_group: default, rate_limit: default}]
            targets:
              default:
              - {ip: 203.0.113.9, port: 8100, tags: {site: fra}}
            """);

    assertThat(code).isZero();
    assertThat(out.toString())
        .isEqualTo(
            """
            apiVersion: llamamesh.io/v1alpha1
            kind: LlamaMesh
            metadata:
              name: default
              namespace: net
            spec:
              groups:
              - name: default
                targets:
                - name: 203.0.113.9
                  host: 203.0.113.9
                  port: 8100
                  tags:
                    site: fra
              ports:
              - name: fast-lane
                dscp: 46
                count: 4
                timeout: 500ms
                payloadBytes: 1000
              probes:
              - from: default
                to: default
                ports:
                - fast-lane
                interval: 250ms
              collector:
                interval: 10s
            """);
    assertThat(err.toString()).contains("'Fast_Lane' is called 'fast-lane'", "api.bind");
  }

  @Test
  void theLegacyFormTakesItsPortFromTheOption() throws IOException {
    int code = run("10.0.0.2: {rack: r1}\n10.0.0.3: {rack: r2}\n", "--dst-port=9000");

    assertThat(code).isZero();
    assertThat(out.toString()).contains("host: 10.0.0.2", "port: 9000", "rack: r2");
  }

  @Test
  void tagsThatPointsOfAMeshHaveAlreadyAreLeftOutAndToldAndTheDestinationIsTheTargetsName()
      throws IOException {
    int code = run("10.0.0.2: {rack: r1, src_name: here, dst_name: edge-1}\n");

    assertThat(code).isZero();
    assertThat(out.toString())
        .contains("name: edge-1", "host: 10.0.0.2", "rack: r1")
        .doesNotContain("src_name", "dst_name");
    assertThat(err.toString())
        .contains("tag 'src_name' is left out", "tag 'dst_name' is left out")
        .doesNotContain("will be refused");
  }

  @Test
  void whatNamesTheEndsInLlamaNamesTheTargetsAndLeavesTheSourceToTheNodes() throws IOException {
    int code =
        run(
            REST
                + """
                src_hostname: probe-1
                x-note: hello
                targets:
                  default:
                  - {ip: 203.0.113.9, port: 8100, tags: {dst_hostname: edge, src_hostname: a, src_dc: b}}
                  - {ip: 203.0.113.10, port: 8100, tags: {dst_hostname: edge}}
                  - {ip: 203.0.113.9, port: 8100, tags: {dst_hostname: again}}
                """);

    assertThat(code).isZero();
    assertThat(out.toString())
        .contains("- name: edge\n", "- name: edge-2\n", "dst_hostname: edge")
        .doesNotContain("again", "src_");
    assertThat(err.toString())
        .contains(
            "note: x-note (line 6): not understood, left out",
            "203.0.113.9 is there twice, the first is taken",
            "tag src_hostname: is the source's",
            "tag src_dc: is the source's",
            "a node is called as its Node is");
  }

  @Test
  void twoPortsWhoseNamesBecomeOneStayTwo() throws IOException {
    int code =
        run(
            """
            ports: {Gold: {tos: 184}, gold: {tos: 8, port: 500}}
            port_groups: {default: [{port: Gold, count: 4}, {port: gold, count: 2}]}
            rate_limits: {default: {cps: 4}}
            tests: [{targets: default, port_group: default, rate_limit: default}]
            targets: {default: [{ip: 203.0.113.9, port: 8100}]}
            """);

    assertThat(code).isZero();
    assertThat(out.toString())
        .contains("- name: gold\n", "dscp: 46", "- name: gold-2\n", "dscp: 2");
    assertThat(err.toString()).contains("'gold' is called 'gold-2'", "below 1024");
  }

  @Test
  void textsThatAReaderOfYamlTakesForSomethingElseAreInQuotes() throws IOException {
    List<String> texts =
        List.of(
            "010",
            "1_000",
            "0x1F",
            "1e3",
            "1:30",
            ".inf",
            ".5",
            "5.",
            "0o17",
            "0b1",
            "2026-01-01",
            "<<",
            "=",
            "yes",
            "on",
            "NULL",
            "~",
            "",
            "+5",
            "-1",
            "190:20:30",
            "2001-12-14t21:59:43.10-05:00",
            ".nan",
            "-.INF",
            "1.5e3",
            "- x",
            "# x",
            "a: b",
            "*x",
            "&x",
            "!x",
            "@x",
            "%x",
            "---",
            "a\nb");
    StringBuilder document = new StringBuilder("10.0.0.1:\n");
    for (String text : texts) {
      String quoted = "\"" + text.replace("\n", "\\n") + "\"";
      // A target takes 64 tags.
      if (!text.isBlank() && texts.indexOf(text) < 25) {
        document.append("  ").append(quoted).append(": v\n");
      }
      document.append("  k").append(texts.indexOf(text)).append(": ").append(quoted).append('\n');
    }

    assertThat(run(document.toString().replace("  \"# x\": v\n", ""))).isZero();

    // As kubectl: whatever is no text here is refused by the API server, or another text.
    Map<?, ?> mesh = new Yaml(new SafeConstructor(new LoaderOptions())).load(out.toString());
    Map<?, ?> tags = tags(mesh);
    assertThat(tags.keySet()).hasOnlyElementsOfType(String.class);
    for (String text : texts) {
      assertThat(tags.get("k" + texts.indexOf(text))).isEqualTo(text);
    }
  }

  private static Map<?, ?> tags(Map<?, ?> mesh) {
    Map<?, ?> group =
        (Map<?, ?>) ((List<?>) ((Map<?, ?>) mesh.get("spec")).get("groups")).getFirst();
    return (Map<?, ?>) ((Map<?, ?>) ((List<?>) group.get("targets")).getFirst()).get("tags");
  }

  @Test
  void aClassOfItsOwnNameAndTheOperatorsKeysAreTold() throws IOException {
    int code =
        run(
            REST.replace("{timeout: 1000}", "{timeout: 1000, class: gold}")
                + "mesh: old\ntargets: {default: [{ip: 203.0.113.9, port: 8100}]}\n");

    assertThat(code).isZero();
    assertThat(err.toString())
        .contains("ports.default.class: tag port of the points is 'default', not 'gold'")
        .contains("mesh, ingest: are the operator's");
  }

  @Test
  void goodFilesAndNamesOnly() throws IOException {
    assertThat(run("10.0.0.1: {a: b}\n", "--name=Foo_Bar")).isEqualTo(1);
    assertThat(run("10.0.0.1: {a: b}\n", "-llama.dst-port=0")).isEqualTo(1);
    assertThat(err.toString()).contains("--dst-port must be from 1 to 65535, was 0");
    assertThat(err.toString()).contains("--name must have at most 40 characters", "was 'Foo_Bar'");

    Path big = Files.writeString(folder.resolve("big.yaml"), "# " + "é".repeat(3_000_000));
    StringWriter notes = new StringWriter();
    assertThat(
            OperatorMain.commandLine()
                .setErr(new PrintWriter(notes))
                .execute("import", big.toString()))
        .isEqualTo(1);
    assertThat(notes.toString().lines())
        .containsExactly(
            "import: "
                + big
                + ": the document is longer than the 4194304 characters that are read");
  }

  @Test
  void aFileThatIsNotThereIsOneLine() {
    int code =
        OperatorMain.commandLine().setErr(new PrintWriter(err)).execute("import", "/no/such");

    assertThat(code).isEqualTo(1);
    assertThat(err.toString().lines()).containsExactly("import: there is no file /no/such");
  }

  @Test
  void aBadDocumentIsOneLineThatNamesTheKey() throws IOException {
    int code = run("tests: [{targets: nowhere, port_group: a, rate_limit: b}]\n");

    assertThat(code).isEqualTo(1);
    assertThat(err.toString().lines()).singleElement().asString().contains("tests[0].targets");
  }

  private int run(String document, String... options) throws IOException {
    Path file = Files.writeString(folder.resolve("llama.yaml"), document);
    String[] args = new String[options.length + 3];
    args[0] = "import";
    args[1] = file.toString();
    args[2] = "--namespace=net";
    System.arraycopy(options, 0, args, 3, options.length);
    return OperatorMain.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(args);
  }
}
