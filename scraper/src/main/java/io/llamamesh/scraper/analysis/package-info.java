/** What is wrong with the network, and where: pure, without I/O, threads or a clock. */
@NullMarked
package io.llamamesh.scraper.analysis;

import org.jspecify.annotations.NullMarked;
