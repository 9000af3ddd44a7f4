// Words of texts in scripts with and without spaces, and when one text contains another.

import * as assert from 'uvu/assert';
import { plainText, wordsOf } from '../../base/text-words.ts';
import { suite } from '../support/suite.ts';

const test = suite('words of texts');
const said = (text: string): string => wordsOf(text).join(' ');

test('words are lower-cased runs of letters and digits, with their marks and inner apostrophes', () => {
  assert.is(said("Don't STOP, don\u2019t; Cafe\u0301 2go 3.5 x_y"), "don't stop don't caf\u00e9 2go 3 5 x y");
  assert.is(said('1\ufe0f\u20e3 \u{1f4a1} Turn off lights'), '1 turn off lights', 'an emoji is no word');
  assert.is(said('मैं घर पर रहना पसंद करता हूँ।'), 'मैं घर पर रहना पसंद करता हूँ', 'a vowel sign parts no word');
  assert.is(said('나는 집에 있는 것을'), '나는 집에 있는 것을');
  assert.equal([wordsOf(''), wordsOf(' \u2014 ')], [[], []]);
});

test('scripts without spaces have words too', () => {
  assert.is(said('周末你想做什么？我住热闹的青年旅舍。'), '周末 你 想做 什么 我 住 热闹 的 青年 旅舍');
  assert.is(said('私は静かな部屋で本を読む。コーヒー3杯'), '私 は 静か な 部屋 で 本 を 読む コーヒー 3 杯');
  assert.is(said('ฉันชอบอยู่บ้านคนเดียว'), 'ฉัน ชอบ อยู่ บ้าน คน เดียว');
  assert.is(said('ທ່ານຢູ່ເຮືອນ'), 'ທ່ານ ຢູ່ ເຮືອນ');
  assert.is(said('ខ្ញុំចូលចិត្តផ្ទះ'), 'ខ្ញុំ ចូលចិត្ត ផ្ទះ');
  assert.is(said('ကျွန်တော်အိမ်မှာ'), 'ကျွန်တော် အိမ် မှာ');
  assert.is(said('น้ำ ทำ'), 'น้ำ ทำ', 'AM stays one vowel');
  assert.is(said('iPhone手机 don\u2019t'), "iphone 手机 don't");
});

test('the plain form contains that of a text within, wherever words begin', () => {
  assert.is(plainText('  I\u2019d  rather: stay-in!'), " i'd rather stay in ");
  assert.is(plainText('我每晚整理书桌。'), ' 我 每 晚 整 理 书 桌 ');
  for (const part of ['整理书桌', '晚整', '书桌收拾']) {
    assert.ok(plainText('「我每晚整理书桌收拾屋子」').includes(plainText(part)), part);
  }
  assert.not.ok(plainText('整理桌').includes(plainText('理书桌')));
});

test.run();
