package io.llamamesh.bench.main;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BenchMainTest {

  @Test
  void theListIsHelpAndNoError() {
    assertThat(BenchMain.run("list")).isZero();
  }

  @Test
  void wrongUseExitsWithOne() {
    assertThat(BenchMain.run("reflector", "--target", "127.0.0.1:8100")).isEqualTo(1);
    assertThat(BenchMain.run("reflector", "--target", "nowhere", "--pid", "1")).isEqualTo(1);
    assertThat(BenchMain.run("operator", "--nodes", "1")).isEqualTo(1);
    assertThat(BenchMain.run("scraper", "--agents", "64", "--peers", "64")).isEqualTo(1);
    assertThat(BenchMain.run("fabric", "--rows", "none")).isEqualTo(1);
    assertThat(BenchMain.run("fabric", "--rows", "members", "--nodes", "9")).isEqualTo(1);
    assertThat(BenchMain.run("attack", "--rows", "none")).isEqualTo(1);
    assertThat(BenchMain.run("attack", "--agents", "2")).isEqualTo(1);
    assertThat(BenchMain.run("attack", "--for", "long")).isEqualTo(1);
    assertThat(BenchMain.run("memory", "--targets", "0")).isEqualTo(1);
    assertThat(BenchMain.run("registry", "--probes", "7")).isEqualTo(1);
    assertThat(BenchMain.run("registry", "--seconds", "0")).isEqualTo(1);
    assertThat(BenchMain.run("idle", "--rates", "3")).isEqualTo(1);
    assertThat(BenchMain.run("idle", "--rounds", "0")).isEqualTo(1);
    assertThat(BenchMain.run("idle", "--go", "/nowhere")).isEqualTo(1);
    assertThat(BenchMain.run("nothing-of-the-kind")).isEqualTo(1);
  }
}
