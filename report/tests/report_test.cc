// SPDX-License-Identifier: MIT
// What reports are written with: escaping, properties, the style of pages.
#include "gtest/gtest.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "report/page.h"
#include "report/properties.h"
#include "report/xml.h"

namespace
{

std::string Written(const std::function<void(FILE *)> &write)
{
	char *text = nullptr;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	write(file);
	fclose(file);

	std::string written(text, size);

	free(text);
	return written;
}

std::string Escaped(const char *text)
{
	return Written([text](FILE *file) { xml_put(file, text); });
}

size_t Count(const std::string &text, const std::string &part)
{
	size_t count = 0;

	for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
		count++;
	return count;
}

TEST(Xml, EscapesWhatIsSpecial)
{
	EXPECT_EQ(Escaped("<a href=\"x\">&amp;'</a>"),
		  "&lt;a href=&quot;x&quot;&gt;&amp;amp;'&lt;/a&gt;");
	EXPECT_EQ(Escaped("tab\tline\n"), "tab\tline\n");
	EXPECT_EQ(Escaped(""), "");
	EXPECT_EQ(Escaped(nullptr), "");
}

// XML 1.0, production 2, and the well-formed byte sequences of Unicode, table 3-7.
TEST(Xml, ReplacesWhatNoDocumentMayHold)
{
	const char bad[] = "\xef\xbf\xbd";

	for (const char *text : {"\x01", "\r", "\x1b", "\x80", "\xff", "\xc0", "\xf8"})
		EXPECT_EQ(Escaped(text), bad) << text;
	EXPECT_EQ(Escaped("\xe2\x82\xac \xf0\x9f\xa5\x8a"), "\xe2\x82\xac \xf0\x9f\xa5\x8a");
	// Cut off, overlong, half of a pair, no character, beyond the last.
	EXPECT_EQ(Escaped("\xe2\x82"), std::string(bad) + bad);
	EXPECT_EQ(Escaped("\xc0\xaf"), std::string(bad) + bad);
	EXPECT_EQ(Escaped("\xed\xa0\x80"), std::string(bad) + bad + bad);
	EXPECT_EQ(Escaped("\xef\xbf\xbf"), std::string(bad) + bad + bad);
	EXPECT_EQ(Escaped("\xf4\x90\x80\x80"), std::string(bad) + bad + bad + bad);
	EXPECT_EQ(Escaped("\xe2<\x82"), std::string(bad) + "&lt;" + bad);
}

TEST(Xml, WritesAPart)
{
	EXPECT_EQ(Written([](FILE *file) { xml_put_part(file, "a<b", 2); }), "a&lt;");
	EXPECT_EQ(Written([](FILE *file) { xml_put_part(file, "ab", 9); }), "ab");
	// Half a character.
	EXPECT_EQ(Written([](FILE *file) { xml_put_part(file, "\xe2\x82\xac", 1); }),
		  "\xef\xbf\xbd");
}

TEST(Xml, WritesAttributes)
{
	EXPECT_EQ(Written([](FILE *file) { xml_put_attribute(file, "name", "a \"<\n\t"); }),
		  " name=\"a &quot;&lt;&#x0A;&#x09;\"");
}

TEST(Xml, ReadsAttributes)
{
	const auto read = [](const char *tag, const char *name) {
		char *value = xml_attribute(tag, name);
		std::string text = value ? value : "none";
		free(value);
		return text;
	};

	EXPECT_EQ(read("<a of=\"1\" xof=\"2\"/>", "of"), "1");
	EXPECT_EQ(read("<a xof=\"2\" of=\"\"/>", "of"), "");
	EXPECT_EQ(read("<a name=\"&lt;&gt;&amp;lt;&quot;&apos;&#x0A;&#x09;&unknown;\">", "name"),
		  "<>&lt;\"'\n\t&unknown;");
	EXPECT_EQ(read("<a/><b of=\"1\">", "of"), "none");
	EXPECT_EQ(read("<a of=\"cut off", "of"), "cut off");
}

TEST(Xml, FindsParts)
{
	EXPECT_EQ(xml_part_size("text <tag>"), 5u);
	EXPECT_EQ(xml_part_size("<tag a=\"b\">text"), 11u);
	EXPECT_EQ(xml_part_size("<![CDATA[<a> ]] >]]><b>"), 20u);
	EXPECT_EQ(xml_part_size("<cut off"), 8u);
	EXPECT_TRUE(xml_is_tag("<case>", "case"));
	EXPECT_TRUE(xml_is_tag("<case\nname=\"x\">", "case"));
	EXPECT_TRUE(xml_is_tag("</case>", "/case"));
	EXPECT_FALSE(xml_is_tag("<cases>", "case"));
	EXPECT_FALSE(xml_is_tag("<case", "case"));
	EXPECT_FALSE(xml_is_tag("case>", "case"));
	EXPECT_TRUE(xml_is_empty("<a/>", 4));
	EXPECT_FALSE(xml_is_empty("<a>", 3));
}

class Properties : public testing::Test
{
protected:
	void SetUp() override
	{
		path_ = std::string(getenv("TEST_TMPDIR")) + "/test.xml";
		unsetenv(PROPERTY_MACHINE_VARIABLE);
		unsetenv(PROPERTY_MODULES_VARIABLE);
	}

	void Write(const std::string &text)
	{
		std::ofstream(path_) << text;
	}

	std::string Read()
	{
		std::ifstream file(path_);
		std::stringstream text;

		text << file.rdbuf();
		return text.str();
	}

	std::string path_;
};

TEST_F(Properties, SayWhichKvmItIs)
{
	struct utsname system;
	std::string text = Written(property_put_all);

	uname(&system);
	EXPECT_EQ(Count(text, "<property name=\"machine\" value=\"host\"/>"), 1u);
	EXPECT_EQ(Count(text, "<property name=\"kvm_modules\" value=\"host\"/>"), 1u);
	EXPECT_EQ(Count(text, "<property name=\"kernel\" value=\"" + std::string(system.release)),
		  1u);

	setenv(PROPERTY_MACHINE_VARIABLE, "a \"machine\"", 1);
	setenv(PROPERTY_MODULES_VARIABLE, MODULES_PINNED, 1);
	text = Written(property_put_all);
	EXPECT_EQ(Count(text, "<property name=\"machine\" value=\"a &quot;machine&quot;\"/>"), 1u);
	EXPECT_EQ(Count(text, "<property name=\"kvm_modules\" value=\"pinned\"/>"), 1u);
}

TEST_F(Properties, AreAddedToEachSuite)
{
	const std::string begin = "<?xml version=\"1.0\"?>\n<testsuites tests=\"1\">\n";
	const std::string one = "<testsuite name=\"one\">";
	const std::string inside =
		"\n<testcase name=\"a\"><failure><![CDATA[<testsuite name=\"no\">"
		"]]></failure></testcase></testsuite>\n";
	const std::string two = "<testsuite name=\"two\">";
	const std::string end = "</testsuite><testsuite name=\"empty\"/>\n</testsuites>\n";
	const std::string added = "\n" + Written(property_put_all);

	Write(begin + one + inside + two + end);
	ASSERT_EQ(property_add(path_.c_str()), 0);
	EXPECT_EQ(Read(), begin + one + added + inside + two + added + end);
}

TEST_F(Properties, LeaveAloneWhatIsNoReport)
{
	EXPECT_EQ(property_add("/dev/null"), 0);
	EXPECT_EQ(property_add("/no/such/file"), 0);
	Write("");
	EXPECT_EQ(property_add(path_.c_str()), 0);
	EXPECT_EQ(Read(), "");
}

TEST(Page, IsWhole)
{
	const std::string page = Written([](FILE *file) {
		page_begin(file, "A <title>");
		page_put_time(file, 0);
		page_put_filter(file, "a & b");
		page_end(file);
	});

	EXPECT_EQ(page.find("<!DOCTYPE html>"), 0u);
	EXPECT_EQ(Count(page, "<title>A &lt;title&gt;</title>"), 1u);
	EXPECT_EQ(Count(page, "<main>\n19"), 1u) << "1970, or the day before";
	EXPECT_EQ(Count(page, "id=\"filter\"> a &amp; b</label>"), 1u);
	EXPECT_EQ(page.substr(page.size() - 22), "</main></body></html>\n");
	// Nothing from elsewhere.
	EXPECT_EQ(Count(page, "http"), 0u);
	EXPECT_EQ(Count(page, "url("), 0u);
	for (const char *tag : {"html", "head", "style", "body", "main", "label"}) {
		EXPECT_EQ(Count(page, std::string("<") + tag), 1u) << tag;
		EXPECT_EQ(Count(page, std::string("</") + tag + ">"), 1u) << tag;
	}
}

} // namespace
